# SPDX-License-Identifier: Apache-2.0
"""Field types and constraints that several tables share. No table lives here."""

from typing import TYPE_CHECKING, Any

from django.db import models

from einlass.core.texts import Text, in_language

if TYPE_CHECKING:
    _TextField = models.JSONField[Any, Any]
else:
    _TextField = models.JSONField


class TextByLanguage(_TextField):
    """One JSON value per text: a string, or `{"de": …, "en": …}`. Read it with `text_in`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", str)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


def text_in(text: Text, language: str) -> str:
    """The operator's text in a language, falling back to German, the first language of the product."""
    return in_language(text, language=language, default="de")


def one_of(field: str, values: Any) -> models.Q:
    """For check constraints: the column holds one of the values of an enumeration."""
    return models.Q(**{f"{field}__in": [str(value) for value in values]})
