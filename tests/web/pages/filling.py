# SPDX-License-Identifier: Apache-2.0
"""Filling in a form of a page as a browser does: what stands in it is sent along with what was typed. No script is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

Typed = str | list[str] | SimpleUploadedFile


@dataclass
class Form:
    """One form of a page: where it is sent, and its fields as they stand."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def put(self, name: str, value: str | None) -> None:
        self.known.add(name)
        if value is not None:
            self.fields.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    """The forms of a page. Buttons and files send nothing unless somebody uses them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside: Form | None = None
        self._select = ""
        self._text: list[str] | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = Form(given.get("action") or "")
            self.forms.append(self._inside)
        elif self._inside is not None and "disabled" not in given:
            self._field(tag, given, self._inside)

    def _field(self, tag: str, given: Mapping[str, str | None], form: Form) -> None:
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag == "input" and name and kind == "file":
            form.known.add(name)
        elif tag == "input" and name and kind not in {"submit", "button"}:
            ticked = kind not in {"checkbox", "radio"} or "checked" in given
            form.put(name, (given.get("value") or ("on" if kind == "checkbox" else "")) if ticked else None)
        elif tag == "select":
            self._select = name
            form.known.add(name)
        elif tag == "option" and self._select and "selected" in given:
            form.put(self._select, given.get("value") or "")
        elif tag == "textarea" and name:
            self._area, self._text = name, []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._text is not None and self._inside is not None:
            # A browser leaves out the line break right behind the tag.
            self._inside.put(self._area, "".join(self._text).removeprefix("\r\n").removeprefix("\n"))
            self._text = None


def forms_of(client: Client, address: str) -> list[Form]:
    page = client.get(address)
    assert page.status_code == 200, (address, page.status_code)
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader.forms


def send(client: Client, page: str, /, **typed: Typed) -> Any:
    """Type into the form of the page that has these fields, and send it; the answer has to be a redirect."""
    form = next((one for one in forms_of(client, page) if set(typed) <= one.known), None)
    assert form is not None, f"{page} has no form with {sorted(typed)}: {[sorted(one.known) for one in forms_of(client, page)]}"
    return press(client, form.action or page, {**form.fields, **{name: _listed(value) for name, value in typed.items()}})


def press(client: Client, address: str, data: Mapping[str, Any]) -> Any:
    answer = client.post(address, data)
    assert answer.status_code in {302, 303}, (address, answer.status_code, _errors(answer))
    return answer


def _listed(value: Typed) -> list[str] | SimpleUploadedFile:
    """A browser sends every line break as two signs."""
    if isinstance(value, SimpleUploadedFile):
        return value
    return [one.replace("\n", "\r\n") for one in (value if isinstance(value, list) else [value])]


def _errors(answer: Any) -> Any:
    form = answer.context.get("form") if answer.context else None
    return form.errors if form is not None else answer.content.decode()[:2000]
