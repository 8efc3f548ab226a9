# SPDX-License-Identifier: Apache-2.0
"""Operators' texts: what they may hold, and what comes out."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einlass.core.templates import (
    DEFAULT_SUBJECTS,
    DEFAULT_TEXTS,
    ERROR_CODES,
    PLACEHOLDERS,
    TemplateRefused,
    check,
    render_html,
    render_plain,
    render_text,
)

ALLOWED = PLACEHOLDERS["exivo_booking_page"]
VALUES = {
    "app": "dormakaba mobile access",
    "early_minutes": "15",
    "late_minutes": "20",
    "organisation": "Seminarhaus Aare",
    "phone": "031 555 01 20",
}


def html(template: str, **values: str) -> str:
    return render_html(template, {**VALUES, **values}).strip()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{ app }}: {{phone}}\n", "dormakaba mobile access: 031 555 01 20\n"),
        ("{# unseen #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% if phone %}a{% else %}b{% endif %}", "a"),
        ("{% if not phone %}a{% elif app == 'x' %}b{% else %}c{% endif %}", "c"),
        ("{% if phone and app or false %}a{% endif %}", "a"),
        ("{% if late_minutes != early_minutes %}a{% endif %}", "a"),
    ],
)
def test_render_text(template: str, text: str) -> None:
    check(template, allowed=ALLOWED)

    assert render_text(template, VALUES) == text


@pytest.mark.parametrize(
    ("template", "code", "name"),
    [
        ("{{ nope }}", "unknown_placeholder", "nope"),
        ("{% if nope %}{% endif %}", "unknown_placeholder", "nope"),
        ("{% if false %}{{ nope }}{% endif %}", "unknown_placeholder", "nope"),
        ("{{ self }}", "unknown_placeholder", "self"),
        ("{{ range }}", "unknown_placeholder", "range"),
        ("{% for a in app %}{% endfor %}", "not_allowed", "for"),
        ("{{ app.upper() }}", "not_allowed", "call"),
        ("{{ app() }}", "not_allowed", "call"),
        ("{{ app.__class__ }}", "not_allowed", "getattr"),
        ("{{ app['x'] }}", "not_allowed", "getitem"),
        ("{{ app|upper }}", "not_allowed", "filter"),
        ("{% if app is defined %}{% endif %}", "not_allowed", "test"),
        ("{{ 'a' * 999999999 }}", "not_allowed", "mul"),
        ("{{ app ~ phone }}", "not_allowed", "concat"),
        ("{% set a = 1 %}", "not_allowed", "assign"),
        ("{% macro a() %}{% endmacro %}", "not_allowed", "macro"),
        ("{% include 'x' %}", "not_allowed", "include"),
        ("{% import 'x' as y %}", "not_allowed", "import"),
        ("{% from 'x' import y %}", "not_allowed", "fromimport"),
        ("{% extends 'x' %}", "not_allowed", "extends"),
        ("{% block a %}{% endblock %}", "not_allowed", "block"),
        ("{% call app() %}{% endcall %}", "not_allowed", "callblock"),
        ("{% filter upper %}{% endfilter %}", "not_allowed", "filterblock"),
        ("{% with %}{% endwith %}", "not_allowed", "with"),
        ("{{ ", "syntax", "unexpected 'end of template'"),
        ("{% if %}", "syntax", "Expected an expression, got 'end of statement block'"),
        ("{% do app %}", "syntax", "Encountered unknown tag 'do'."),
        ("{% if app %}", "syntax", None),
        ("x" * 20_001, "too_long", ""),
        ("{{ " + "(" * 5000 + "app" + ")" * 5000 + " }}", "too_complex", ""),
        ("{% if app %}" * 30 + "{% endif %}" * 30, "too_complex", ""),
        ("{% if " + "app and " * 500 + "app %}{% endif %}", "too_complex", ""),
        ("{% if app == " + "9" * 5000 + " %}{% endif %}", "too_complex", ""),
    ],
)
def test_check_refuses_with_the_name(template: str, code: str, name: str | None) -> None:
    with pytest.raises(TemplateRefused) as refused:
        check(template, allowed=ALLOWED)

    assert refused.value.code == code
    assert name is None or refused.value.name == name
    with pytest.raises(TemplateRefused, match=code):
        render_text(template, VALUES)
    with pytest.raises(TemplateRefused, match=code):
        render_html(template, VALUES)


def test_refusal_names_the_line() -> None:
    with pytest.raises(TemplateRefused, match="unknown_placeholder: nope") as refused:
        check("one\ntwo {{ app }}\n{{ nope }}", allowed=ALLOWED)

    assert refused.value.line == 3
    with pytest.raises(TemplateRefused) as wrong:
        check("one\n{% if %}", allowed=ALLOWED)
    assert wrong.value.line == 2


def test_longest_text_is_accepted() -> None:
    check("x" * 20_000, allowed=frozenset())
    check("{% if app %}" * 20 + "{% endif %}" * 20, allowed=ALLOWED)


def test_condition_that_cannot_be_decided_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="syntax"):
        render_text("{% if app < 1 %}{% endif %}", VALUES)


def test_output_has_a_limit() -> None:
    assert len(render_text("{{ app }}" * 20, {"app": "x" * 9_000})) == 100_000

    with pytest.raises(TemplateRefused, match="too_long"):
        render_text("{{ app }}" * 21, {"app": "x" * 9_000})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("**{{ app }}**", "<p><strong>dormakaba mobile access</strong></p>"),
        ("# One\n\n## Two", "<h2>One</h2>\n<h2>Two</h2>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("<b>x</b><script>alert(1)</script>", "<p>&lt;b&gt;x&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("![x](https://a.ch/x.png)", '<p>!<a href="https://a.ch/x.png" rel="noopener">x</a></p>'),
        ("www.a.ch https://a.ch", "<p>www.a.ch https://a.ch</p>"),
        ("<https://a.ch>", '<p><a href="https://a.ch" rel="noopener">https://a.ch</a></p>'),
        ("[x](http://a.ch)", '<p><a href="http://a.ch" rel="noopener">x</a></p>'),
        ("[x](mailto:a@b.ch 'Post')", '<p><a href="mailto:a@b.ch" title="Post" rel="noopener">x</a></p>'),
        ("[x](<tel:{{ phone }}>)", '<p><a href="tel:031%20555%2001%2020" rel="noopener">x</a></p>'),
        ("[x](/cancel)", '<p><a rel="noopener">x</a></p>'),
        ("[x](//evil.ch)", '<p><a rel="noopener">x</a></p>'),
        ("[x](ftp://a.ch)", '<p><a rel="noopener">x</a></p>'),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>"),
    ],
)
def test_render_html(template: str, expected: str) -> None:
    assert html(template) == expected


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert(1)</script>",
        "[x](https://evil.ch)",
        "**bold**",
        "# title",
        "1. one",
        "- one",
        "> q",
        "`c`",
        "https://evil.ch",
        "<https://evil.ch>",
        "&lt;",
        "a\\",
        "    code",
    ],
)
def test_value_is_text_and_never_markup(value: str) -> None:
    shown = html("{{ app }}", app=value)

    plain = re.sub(r"&(lt|gt|amp);", lambda sign: {"lt": "<", "gt": ">", "amp": "&"}[sign[1]], shown)
    assert plain == f"<p>{value.strip()}</p>"


def test_value_with_lines_stays_on_one() -> None:
    assert html("{{ app }}", app="a\n\n# b") == "<p>a # b</p>"


@settings(max_examples=50)
@given(st.text())
def test_any_value_makes_one_paragraph_without_tags(value: str) -> None:
    shown = html("x{{ app }}x", app=value)

    assert shown.startswith("<p>x")
    assert shown.endswith("x</p>")
    assert "<" not in shown[3:-4]


TAGS = {"p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h2", "h3", "h4"}


def outcome(template: str) -> str | TemplateRefused:
    try:
        return render_html(template, {"a": "1", "b": "2"})
    except TemplateRefused as refused:
        return refused


@settings(max_examples=50)
@given(st.text(alphabet="{}%#()[]<>!-*_`' \nabip=:/."))
def test_any_template_is_rendered_or_refused(template: str) -> None:
    shown = outcome(template)

    if isinstance(shown, TemplateRefused):
        assert shown.code in ERROR_CODES
    else:
        assert set(re.findall(r"</?([a-z0-9]+)", shown)) <= TAGS


@pytest.mark.parametrize("language", ["de", "en", "fr", "it"])
def test_r9_default_text_is_usable_as_it_stands(language: str) -> None:
    template = DEFAULT_TEXTS["exivo_booking_page"][language]

    check(template, allowed=ALLOWED)
    shown = html(template)

    assert shown.count("<li>") == 5
    assert shown.count("<h2>") == 1
    assert "<strong>dormakaba mobile access</strong>" in shown
    assert re.findall(r'href="(https://[a-z.]+/)', shown) == ["https://apps.apple.com/", "https://play.google.com/"]
    assert " 15 " in shown
    assert shown.count(" 20 ") == 2  # the second step, and the red light
    assert "031 555 01 20" in shown
    assert "ß" not in shown
    assert "031" not in html(template, phone="")


def test_r14_default_text_says_what_the_app_asks_and_what_the_lights_mean() -> None:
    german = html(DEFAULT_TEXTS["exivo_booking_page"]["de"])

    assert "<h2>So öffnen Sie die Türen</h2>" in german
    assert "Sie fragt zuerst nach Ihrem Gesicht oder nach dem PIN des Handys." in german
    assert "<strong>Grün:</strong> Die Tür ist offen." in german
    assert "<strong>Rot:</strong> Der Schlüssel gilt nicht, die Tür gehört nicht zu Ihrer Buchung, es ist noch zu früh" in german
    assert "seit mehr als 20 Minuten vorbei." in german


LANGUAGES = ("de", "en", "fr", "it")


@pytest.mark.parametrize("key", sorted(PLACEHOLDERS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_default_texts_are_complete_and_calm(key: str, language: str) -> None:
    texts = [DEFAULT_TEXTS[key][language], DEFAULT_SUBJECTS.get(key, {}).get(language, "")]

    for text in texts:
        check(text, allowed=PLACEHOLDERS[key])
    assert sorted(DEFAULT_TEXTS[key]) == sorted(LANGUAGES)
    assert [sign for sign in ("!", "ß", "leider") if sign in "".join(texts).replace("!=", "")] == []
    assert bool(texts[1]) is key.startswith("message_")


@pytest.mark.parametrize("key", sorted(PLACEHOLDERS))
def test_default_texts_say_the_same_in_every_language(key: str) -> None:
    used = [sorted(re.findall(r"\{[{%].*?[%}]\}", DEFAULT_TEXTS[key][language])) for language in LANGUAGES]

    assert used == [used[0]] * 4


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("**Fett**", "Fett\n"),
        ("[Hier]({{ link }})", "Hier: https://x.example/a_b\n"),
        ('[Hier](https://y.example "Titel")', 'Hier: https://y.example "Titel"\n'),
        ("{% if no %}\nnichts\n{% endif %}\n\nWort  \n\n\n\nWort", "Wort\n\nWort\n"),
        ("{{ said }}", "**[a](b)**\n"),
    ],
)
def test_render_plain(template: str, text: str) -> None:
    assert render_plain(template, {"link": "https://x.example/a_b", "no": "", "said": "**[a](b)**"}) == text


def test_render_plain_refuses_what_check_refuses() -> None:
    with pytest.raises(TemplateRefused):
        render_plain("{{ nope }}", {})
