# SPDX-License-Identifier: Apache-2.0
"""Texts that an operator writes: placeholders, then Markdown, then clean HTML. Which message is sent when is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import nh3
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markdown_it.token import Token

from einlass.core.default_texts import DEFAULT_SUBJECTS, DEFAULT_TEXTS
from einlass.core.messages import SMS_MESSAGES

__all__ = [
    "DEFAULT_SUBJECTS",
    "DEFAULT_TEXTS",
    "ERROR_CODES",
    "PLACEHOLDERS",
    "TemplateRefused",
    "check",
    "render_html",
    "render_plain",
    "render_text",
]

ERROR_CODES = ("unknown_placeholder", "syntax", "not_allowed", "too_long", "too_complex")
SOURCE_LIMIT = 20_000  # characters of a template
OUTPUT_LIMIT = 100_000  # characters of a rendered text
VALUE_LIMIT = 5_000  # characters of one value; guests write some of them
DEPTH_LIMIT = 25  # of nested conditions: a few in use, a thousand would exhaust the stack

_TAGS = {"p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h2", "h3", "h4"}
_SCHEMES = {"http", "https", "tel", "mailto"}
_LINK = re.compile(r"(?<!!)\[([^\[\]]+)\]\(([^()\s]+(?:\s[^()]*)?)\)")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Const,
)


class TemplateRefused(Exception):
    """A text that cannot be used. `name` is the placeholder, the construct or the parser's words; `line` counts from 1, 0 where unknown."""

    def __init__(self, code: str, name: str = "", *, line: int = 0) -> None:
        super().__init__(f"{code}: {name}" if name else code)
        self.code = code
        self.name = name
        self.line = line


def check(template: str, *, allowed: frozenset[str]) -> None:
    """Raises TemplateRefused unless the text holds only placeholders out of `allowed` and conditions over them."""
    for name, line in _names(template):
        if name not in allowed:
            raise TemplateRefused("unknown_placeholder", name, line=line)


def render_text(template: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled, Markdown left as written. Raises TemplateRefused as `check` does."""
    return _filled(_PLAIN, template, values)


def render_plain(template: str, values: Mapping[str, str]) -> str:
    """The text as the plain part of a mail: links as "label: address", nothing starred. Raises as `check` does."""
    check(template, allowed=frozenset(values))
    # In the template, before the values are filled in: what a guest wrote stays as he wrote it.
    source = _LINK.sub(r"\1: \2", template).replace("**", "")
    lines = "\n".join(line.rstrip() for line in render_text(source, values).splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def render_html(template: str, values: Mapping[str, str]) -> str:
    """The text as clean HTML. Values are text: what a guest wrote becomes neither Markdown nor a link. Raises as `check` does."""
    tokens = _MARKDOWN.parse(_filled(_ESCAPING, template, values))
    html: str = _MARKDOWN.renderer.render(_demoted(tokens), _MARKDOWN.options, {})
    return nh3.clean(
        html.encode("utf-8", "replace").decode("utf-8"),  # half a sign is no text to the cleaner
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        attribute_filter=_only_whole_links,
        link_rel="noopener",
    )


def _escaped(value: object) -> str:
    """One line without any sign that means something in Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(str(value).split()))


def _environment(**options: object) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, **options)
    environment.globals.clear()
    return environment


# Autoescape would be wrong in both: a plain text is no HTML, and the other is Markdown when its values are filled in.
_PLAIN = _environment()
_ESCAPING = _environment(finalize=_escaped)
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).disable("image")


@lru_cache(maxsize=256)
def _names(template: str) -> tuple[tuple[str, int], ...]:
    """Every placeholder with its line. Raises TemplateRefused for anything but placeholders and conditions."""
    if len(template) > SOURCE_LIMIT:
        raise TemplateRefused("too_long")
    try:
        tree = _PLAIN.parse(template)
    except TemplateSyntaxError as error:
        raise TemplateRefused("syntax", error.message or "", line=error.lineno) from None
    except (RecursionError, ValueError):  # brackets a thousand deep; a figure of thousands of digits
        raise TemplateRefused("too_complex") from None
    found: list[tuple[str, int]] = []
    _walk(tree, depth=0, found=found)
    return tuple(dict.fromkeys(found))


def _walk(node: nodes.Node, *, depth: int, found: list[tuple[str, int]]) -> None:
    if depth > DEPTH_LIMIT:
        raise TemplateRefused("too_complex", line=node.lineno)
    if not isinstance(node, _ALLOWED):
        raise TemplateRefused("not_allowed", type(node).__name__.lower(), line=node.lineno)
    if isinstance(node, nodes.Name):
        found.append((node.name, node.lineno))
    for child in node.iter_child_nodes():
        _walk(child, depth=depth + 1, found=found)


@lru_cache(maxsize=256)  # a few texts, each for many bookings; translating one into Python takes ten times as long as filling it
def _compiled(environment: ImmutableSandboxedEnvironment, template: str) -> Template:
    return environment.from_string(template)


def _filled(environment: ImmutableSandboxedEnvironment, template: str, values: Mapping[str, str]) -> str:
    check(template, allowed=frozenset(values))
    parts: list[str] = []
    size = 0
    filling = {name: str(value)[:VALUE_LIMIT] for name, value in values.items()}
    try:
        for part in _compiled(environment, template).generate(filling):
            size += len(part)
            if size > OUTPUT_LIMIT:
                raise TemplateRefused("too_long")
            parts.append(part)
    except UndefinedError as error:  # a name that Jinja keeps for itself
        raise TemplateRefused("unknown_placeholder", error.message or "") from None
    except TypeError as error:  # "a < 1": a condition over things that have no order
        raise TemplateRefused("syntax", str(error)) from None
    return "".join(parts)


def _demoted(tokens: list[Token]) -> list[Token]:
    """The first heading of a page is the page's own."""
    for token in tokens:
        if token.tag == "h1":
            token.tag = "h2"
    return tokens


def _only_whole_links(_tag: str, attribute: str, value: str) -> str | None:
    """Links name their scheme: one to "/cancel" or "//elsewhere" would mean something else on every page and in every mail."""
    if attribute == "href" and value.partition(":")[0].casefold() not in _SCHEMES:
        return None
    return value


_WHEN = frozenset({"day", "date", "time", "until"})
_BOOKED = _WHEN | {"guest", "service", "room", "branch", "address", "reference", "link", "organisation", "phone"}
_KEY = frozenset({"doors", "key_from", "key_until", "app", "early_minutes", "late_minutes"})
# The names that each text may use.
PLACEHOLDERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "exivo_booking_page": frozenset({"app", "early_minutes", "late_minutes", "organisation", "phone"}),
        "message_received": _BOOKED,
        "message_confirmed": _BOOKED | _KEY,
        "message_moved": _BOOKED | _KEY | {"old_day", "old_time"},
        "message_cancelled": _BOOKED | {"doors", "reason", "other_key_until"},
        "message_declined": _BOOKED | {"reason"},
        "message_reminder": _BOOKED | _KEY,
        "message_key_ready": _BOOKED | _KEY,
        "message_link": _BOOKED,
        "message_code": _BOOKED | {"code", "code_minutes"},
        **dict.fromkeys(SMS_MESSAGES, _BOOKED),
        "message_key_trouble": (_BOOKED - {"phone"}) | {"key_from", "problem", "next_attempt"},
        "message_key_stays": (_BOOKED - {"phone"}) | {"key_until", "problem", "next_booking", "next_time"},
        "message_key_changed": (_BOOKED - {"phone"}) | {"problem", "advice"},
        "message_account_trouble": frozenset(
            {"branch", "problem", "since", "answer", "next_attempt", "next_booking", "advice", "link", "organisation"}
        ),
    }
)
