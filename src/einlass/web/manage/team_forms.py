# SPDX-License-Identifier: Apache-2.0
"""The forms of Settings › Team: inviting somebody, changing somebody's account. What is saved: `operations/team.py`, `invitations.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from einlass.core.roles import Role
from einlass.models import Branch
from einlass.web.manage.forms import SettingsForm

ROLES = (
    (Role.OWNER.value, _("Owner: everything, also integrations, team and privacy")),
    (Role.MANAGER.value, _("Manager: every branch, and its settings")),
    (Role.STAFF.value, _("Staff: books, moves, cancels, re-issues keys and opens doors in the branches below")),
    (Role.READ_ONLY.value, _("Read only: looks at the bookings of the branches below")),
)


class PersonForm(SettingsForm):
    """What somebody new and somebody known have in common."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Stands in the history of every booking that the person works on."))
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect, initial=Role.STAFF.value)
    branches = forms.MultipleChoiceField(
        label=_("Branches"),
        help_text=_("For staff and read only, who see nothing else. Owners and managers see every branch."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, branches: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["branches"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = branches

    @property
    def role_of(self) -> Role:
        return Role(self.cleaned_data["role"])

    @property
    def branches_of(self) -> list[Branch]:
        """Only for a role that is bound to any; `operations/team.py` drops them for the others."""
        return list(Branch.objects.filter(key__in=self.cleaned_data["branches"]))


class MemberForm(PersonForm):
    """What can be changed of an account."""

    active = forms.BooleanField(
        label=_("Sign-in"), help_text=_("May sign in. Without the tick every session ends at once."), required=False
    )


class InviteForm(PersonForm):
    """What is asked of somebody new. The address cannot be changed later: it is who the person is."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("The invitation goes there; with it the person signs in."))

    def _order(self) -> list[str]:
        return ["email", *super()._order()]
