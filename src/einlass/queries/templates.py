# SPDX-License-Identifier: Apache-2.0
"""What a template says in a language: the operator's text, else the default one of core. How it is filled: `core/templates.py`."""

from __future__ import annotations

from dataclasses import dataclass

from einlass.core.templates import DEFAULT_SUBJECTS, DEFAULT_TEXTS, PLACEHOLDERS, TemplateRefused, check
from einlass.core.texts import in_language
from einlass.models import MessageTemplate, Organisation


@dataclass(frozen=True, slots=True)
class Wording:
    """Subject (of messages) and text, with their placeholders."""

    subject: str
    text: str


def wording(key: str, *, language: str, operator: Organisation) -> Wording:
    """What counts now. A text of the operator that can no longer be read gives way to the default one."""
    own = own_wording(MessageTemplate.objects.filter(key=key).first(), language=language, operator=operator)
    default = default_wording(key, language=language, operator=operator)
    return Wording(_usable(key, own.subject) or default.subject, _usable(key, own.text) or default.text)


def own_wording(row: MessageTemplate | None, *, language: str, operator: Organisation) -> Wording:
    """What the operator wrote, as a reader of the language gets it; empty where he wrote nothing."""
    texts = (row.subject, row.text) if row else ("", "")
    return Wording(*(in_language(text, language=language, default=operator.default_language) for text in texts))


def default_wording(key: str, *, language: str, operator: Organisation) -> Wording:
    """What is said where the operator wrote nothing; a page has no subject."""
    texts = (DEFAULT_SUBJECTS.get(key, ""), DEFAULT_TEXTS[key])
    return Wording(*(in_language(text, language=language, default=operator.default_language) for text in texts))


def _usable(key: str, text: str) -> str:
    try:
        check(text, allowed=PLACEHOLDERS[key])
    except TemplateRefused:
        return ""
    return text if text.strip() else ""
