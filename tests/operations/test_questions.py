# SPDX-License-Identifier: Apache-2.0
"""Questions that nobody has to type: the standard ones, and the mobile number wherever a service opens doors (R8)."""

from __future__ import annotations

import pytest
from tests.conftest import NOW
from tests.factories import AARE, make_branch, make_house, make_lock_system, make_questions, make_room, make_service
from tests.operations.config_files import OPERATOR

from einlass.models import Branch, EventRecord, Question, Service
from einlass.operations.questions import add_standard_questions, require_mobile_number
from einlass.operations.settings import Saved
from einlass.queries.services import without_mobile_number

pytestmark = pytest.mark.django_db(transaction=True)


def required() -> Saved:
    return require_mobile_number(actor=OPERATOR, now=NOW)


def keys() -> list[str]:
    return [question.key for question in Question.objects.all()]


def mobile() -> tuple[str, bool, bool, list[str]]:
    row = Question.objects.get(kind="mobile")
    return row.key, row.active, row.required, sorted(service.key for service in row.services.all())


def office() -> Service:
    """A service in another branch that opens no door."""
    branch = make_branch(key="thun", name="Thun", doors={})
    return make_service(branch, "buero", rooms=[make_room(branch, "buero")])


def test_require_where_it_is_so_already_changes_nothing() -> None:
    make_house(NOW)

    assert required() == Saved()
    assert EventRecord.objects.count() == 0


def test_require_mends_a_question_that_is_optional() -> None:
    make_house(NOW)
    Question.objects.filter(key="mobile").update(required=False)

    told = required()

    assert told.values == ({"field": "questions.mobile.required", "old": False, "new": True},)
    assert without_mobile_number() == []


def test_require_mends_a_question_that_is_switched_off() -> None:
    make_house(NOW)
    Question.objects.filter(key="mobile").update(active=False)

    required()

    assert mobile() == ("mobile", True, True, [])


def test_require_adds_the_services_that_are_missing_and_no_other() -> None:
    service = make_house(NOW)
    make_service(service.branch, "kurs", rooms=[service.rooms.get()])
    office()
    Question.objects.get(key="mobile").services.set([service])

    required()

    assert mobile() == ("mobile", True, True, ["kurs", "seminar"])


def test_require_without_any_makes_one_behind_the_email() -> None:
    make_house(NOW)
    Question.objects.filter(key="mobile").delete()
    Question.objects.create(key="remarks", kind="long_text", position=9)

    required()

    assert keys() == ["first_name", "last_name", "email", "mobile", "remarks"]
    assert mobile() == ("mobile", True, True, [])
    assert Question.objects.get(key="mobile").label["de"] == "Mobilnummer"
    assert EventRecord.objects.get().kind == "settings.changed"


def test_require_asks_nobody_for_a_number_that_opens_nothing() -> None:
    make_house(NOW)
    office()
    Question.objects.filter(key="mobile").delete()

    required()

    assert mobile() == ("mobile", True, True, ["seminar"])


def test_require_finds_a_free_key() -> None:
    make_house(NOW)
    Question.objects.filter(key="mobile").update(kind="text")

    required()

    assert mobile() == ("mobile-2", True, True, [])


def test_require_before_anything_is_there_makes_the_question() -> None:
    required()

    assert mobile() == ("mobile", True, True, [])


def test_require_counts_the_doors_of_an_integration_that_is_off() -> None:
    branch = make_branch(now=NOW, lock_system=make_lock_system(enabled=False))
    make_questions()
    make_service(branch, rooms=[make_room(branch, doors=[AARE])])
    Question.objects.filter(key="mobile").update(required=False)

    required()

    assert mobile() == ("mobile", True, True, [])


def test_without_mobile_number_names_the_services_on_offer() -> None:
    service = make_house(NOW)
    Question.objects.filter(key="mobile").update(active=False)

    assert without_mobile_number() == [service]
    Branch.objects.update(active=False)
    assert without_mobile_number() == []


def test_standard_questions_are_four_and_required() -> None:
    told = add_standard_questions(actor=OPERATOR, now=NOW)

    asked = [(question.key, question.kind, question.required, question.active) for question in Question.objects.all()]
    assert asked == [
        ("first_name", "text", True, True),
        ("last_name", "text", True, True),
        ("email", "email", True, True),
        ("mobile", "mobile", True, True),
    ]
    assert [value["field"] for value in told.values] == [
        "questions.first_name",
        "questions.last_name",
        "questions.email",
        "questions.mobile",
    ]


def test_standard_questions_leave_alone_what_is_there() -> None:
    Question.objects.create(key="remarks", kind="long_text")

    assert add_standard_questions(actor=OPERATOR, now=NOW) == Saved()
    assert keys() == ["remarks"]
