# SPDX-License-Identifier: Apache-2.0
"""Settings › Booking questions: the list in the order in which guests are asked, one question, a new one. Its form: `question_forms.py`;
the repairs: `question_repairs.py`."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.questions import STANDARD_KEYS
from einlass.core.roles import May
from einlass.models import Question, Service
from einlass.models.fields import text_in
from einlass.operations.config_export import question_part
from einlass.operations.settings import key_for
from einlass.operations.settings import remove as remove_settings
from einlass.operations.settings import save as save_settings
from einlass.queries.services import without_mobile_number
from einlass.web.context import operator_of
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.order import new_order
from einlass.web.manage.question_forms import KIND_WORDS, QuestionForm
from einlass.web.manage.saved import tell_saved
from einlass.web.refusals import STATUS, sentence

NEW = {"kind": "text", "active": True, "for_services": "all"}
WHERE = _("Booking questions")
LINES = ("label", "hint", "kind")


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question in the list."""

    key: str
    label: str
    about: str
    active: bool


@staff_page(May.CONFIGURE, FORM)
def questions(request: HttpRequest) -> HttpResponse:
    rows = list(Question.objects.prefetch_related("services"))
    if request.method == "POST":
        part = {"questions": [{"key": key} for key in new_order([row.key for row in rows], request.POST.dict())]}
        save_settings(part, subject="questions", now=timezone.now(), actor=actor_of(request))
        return redirect("manage_questions")
    context = {"rows": [_row(row, language=request.LANGUAGE_CODE) for row in rows], "lacking": _lacking(request)}
    return show(request, "manage/questions.html", context, at="questions", crumbs=settings_crumbs(Crumb(str(WHERE))))


@staff_page(May.CONFIGURE, FORM)
def new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@staff_page(May.CONFIGURE, FORM)
def question(request: HttpRequest, key: str) -> HttpResponse:
    return _edit(request, get_object_or_404(Question.objects.prefetch_related("services"), key=key))


@staff_page(May.CONFIGURE, ONLY_POST)
def remove(request: HttpRequest, key: str) -> HttpResponse:
    """The standard ones are switched off on their page: lists, keys and messages take the guest's name and address from them."""
    row = get_object_or_404(Question.objects.exclude(key__in=STANDARD_KEYS), key=key)
    try:
        done = remove_settings(subject=f"questions.{key}", now=timezone.now(), actor=actor_of(request))
    except Refusal as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("manage_question", key)
    name = {"name": text_in(row.label, request.LANGUAGE_CODE)}
    removed, kept = gettext("“%(name)s” was removed."), gettext("“%(name)s” has answers, so it was switched off and not removed.")
    messages.success(request, (removed if done == "removed" else kept) % name)
    return redirect("manage_questions")


def _lacking(request: HttpRequest) -> list[str]:
    """The names of the services that cannot be booked because of the mobile number (R8)."""
    return [text_in(service.name, request.LANGUAGE_CODE) for service in without_mobile_number()]


def _row(row: Question, *, language: str) -> QuestionRow:
    names = [text_in(service.name, language) for service in row.services.all()]
    kind, required = str(KIND_WORDS[row.kind]), gettext("required") if row.required else gettext("optional")
    scope = gettext("only for %(services)s") % {"services": ", ".join(names)} if names else gettext("for all services")
    return QuestionRow(row.key, text_in(row.label, language) or row.key, f"{kind} · {required} · {scope}", row.active)


def _edit(request: HttpRequest, row: Question | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    part = question_part(row) if row else None
    services = list(Service.objects.all())
    language = request.LANGUAGE_CODE
    form = QuestionForm(
        data, services=services, language=language, operator=operator_of(request), part=part, initial={} if row else dict(NEW)
    )
    status = 200
    if data is not None and "more" in data:
        form.unjudged()
    elif data is not None:
        status = 422
        if form.is_valid():
            try:
                return _saved(request, form, row)
            except Refusal as refusal:
                form.refused(refusal)
                status = STATUS.get(refusal.code, 422)
    name = text_in(row.label, language) if row else gettext("New question")
    lacking = _lacking(request) if row and row.kind == "mobile" else []
    context = {
        "form": form,
        "line": {field: form.row_of(field) for field in LINES},
        "row": row,
        "name": name,
        "standard": row is not None and row.key in STANDARD_KEYS,
        "lacking": lacking,
    }
    crumbs = settings_crumbs(Crumb(str(WHERE), reverse("manage_questions")), Crumb(name))
    return show(request, "manage/question.html", context, at="questions", crumbs=crumbs, status=status)


def _saved(request: HttpRequest, form: QuestionForm, row: Question | None) -> HttpResponse:
    first = form.languages[0]
    key = row.key if row else key_for(form.cleaned_data[f"label__{first}"], taken=_taken, otherwise="question")
    seen = form.cleaned_data["seen"] if row else None
    subject = f"questions.{key}"
    saved = save_settings(form.as_part(key), subject=subject, seen=seen, now=timezone.now(), actor=actor_of(request))
    if row:
        tell_saved(request, saved, subject=subject)
    else:
        messages.success(request, gettext("The question was added."))
    return redirect("manage_question", key)


def _taken(key: str) -> bool:
    return Question.objects.filter(key=key).exists()
