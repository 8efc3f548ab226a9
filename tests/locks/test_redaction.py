# SPDX-License-Identifier: Apache-2.0
"""What may be kept of a vendor's words (I10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.locks.redaction import redacted

UUID = "51000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("site not found", "site not found"),
        ("+41781234567", "…67"),
        ("number 0041 78 123 45 67 is used", "number …67 is used"),
        ("078 123 45 67", "…67"),
        ("(078) 123-45-67", "(…67"),
        ("4178\u00a01234567", "…67"),
        (f"site {UUID} is gone", f"site {UUID} is gone"),
        ("status 502, 1234567 items", "status 502, 1234567 items"),
        ("anna.muster@example.ch said", "…@… said"),
        ("Authorization: Basic YWJjZGVmZ2g6aWprbA== !", "Authorization: Basic … !"),
        ("bearer abcdefgh.ijkl-mnop", "bearer …"),
        ("the s3cr3t word s3cr3t", "the … word …"),
        ("<html><style>p{}</style><h1>Bad\n Gateway</h1><script>alert(1)</script></html>", "Bad Gateway"),
        ("a\x00b\x1b[31m\ud800c", "a b [31m c"),
    ],
)
def test_text_is_kept_as(text: str, kept: str) -> None:
    assert redacted(text, secrets=["s3cr3t", ""]) == kept


@given(st.text(), st.from_regex(r"\+[1-9][0-9]{8,13}", fullmatch=True), st.text(max_size=300))
def test_no_number_is_ever_kept_whole(before: str, number: str, after: str) -> None:
    kept = redacted(f"{before} {number} {after}")

    assert number not in kept
    assert len(kept) <= 160
