# SPDX-License-Identifier: Apache-2.0
"""What stands around the text of every mail: whose mail it is, in the operator's colour. The text part has no frame."""

from __future__ import annotations

import pytest
from tests import factories as make
from tests.conftest import NOW

from einlass.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def sent(**organisation: str) -> Message:
    make.make_organisation(**organisation)
    make.make_questions()
    make.make_booking(make.make_service(make.make_branch()), now=NOW)
    return Message.objects.get()


@pytest.mark.parametrize(("colour", "line"), [("#0b5d7a", "#0b5d7a"), ("", "#dcd9d1")])
def test_mail_begins_with_the_name_above_a_line(colour: str, line: str) -> None:
    html = sent(accent_colour=colour).html

    frame = html.partition("<body")[2].partition("</p>")[0]
    assert f"border-bottom: 2px solid {line};" in frame
    assert frame.endswith(">Seminarhaus Aare")


def test_name_in_a_mail_is_only_text() -> None:
    html = sent(name="Haus <b>& Hof</b>").html

    assert ">Haus &lt;b&gt;&amp; Hof&lt;/b&gt;</p>" in html


def test_mail_fetches_nothing_from_elsewhere_and_its_text_has_no_frame() -> None:
    message = sent(accent_colour="#0b5d7a")

    assert [part for part in ("<img", "<link", "url(", "<style") if part in message.html] == []
    assert message.text.startswith("Guten Tag")
