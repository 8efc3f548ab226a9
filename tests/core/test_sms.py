# SPDX-License-Identifier: Apache-2.0
"""How long a text is as SMS."""

from __future__ import annotations

import pytest

from einlass.core.sms import sms_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", (0, 1)),
        ("Grüsse à Zürich: é è ì ò ù ä ö ü ñ", (34, 1)),
        ("a" * 160, (160, 1)),
        ("a" * 161, (161, 2)),
        ("a" * 306, (306, 2)),
        ("a" * 307, (307, 3)),
        ("5 € [a]", (10, 1)),
        ("a" * 159 + "€", (161, 2)),
        ("Votre clé est prête", (19, 1)),
        ("ê" * 70, (70, 1)),
        ("ê" * 71, (71, 2)),
        ("ê" * 135, (135, 3)),
        ("\N{KEY}" * 35, (70, 1)),
        ("\N{KEY}" * 36, (72, 2)),
    ],
)
def test_sms_length(text: str, length: tuple[int, int]) -> None:
    assert sms_length(text) == length
