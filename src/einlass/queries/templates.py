# SPDX-License-Identifier: Apache-2.0
"""What a template says in a language: the operator's text, else the default one of core. How it is filled: `core/templates.py`."""

from __future__ import annotations

from dataclasses import dataclass

from einlass.core.templates import DEFAULT_SUBJECTS, DEFAULT_TEXTS, PLACEHOLDERS, TemplateRefused, check
from einlass.core.texts import Text, in_language
from einlass.models import MessageTemplate, Organisation


@dataclass(frozen=True, slots=True)
class Wording:
    """Subject (of messages) and text, with their placeholders."""

    subject: str
    text: str


def wording(key: str, *, language: str, operator: Organisation) -> Wording:
    """What counts now. A text of the operator that can no longer be read gives way to the default one."""
    row = MessageTemplate.objects.filter(key=key).first()
    return worded(key, subject=row.subject if row else "", text=row.text if row else "", language=language, operator=operator)


def worded(key: str, *, subject: Text, text: Text, language: str, operator: Organisation) -> Wording:
    """The same for texts that were not saved yet."""
    default = default_wording(key, language=language, operator=operator)
    own = [in_language(part, language=language, default=operator.default_language) for part in (subject, text)]
    return Wording(_usable(key, own[0]) or default.subject, _usable(key, own[1]) or default.text)


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
