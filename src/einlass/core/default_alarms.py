# SPDX-License-Identifier: Apache-2.0
"""What staff and owners are told of a key or an account that needs them, until the operator writes something else, in four languages.
What guests are told: `default_messages.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Of each message its subject and its text.
_ALARMS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "message_key_changed": {
        "de": (
            "Schlüssel geändert: {{ branch }}, {{ day }}, {{ time }}",
            """\
{{ problem }}

- Gast: {{ guest }}
- Buchung: {{ reference }}, {{ service }}, {{ day }}, {{ time }} bis {{ until }}

{{ advice }}

[Zur Buchung]({{ link }})
""",
        ),
        "en": (
            "Key changed: {{ branch }}, {{ day }}, {{ time }}",
            """\
{{ problem }}

- Guest: {{ guest }}
- Booking: {{ reference }}, {{ service }}, {{ day }}, {{ time }} to {{ until }}

{{ advice }}

[To the booking]({{ link }})
""",
        ),
        "fr": (
            "Clé modifiée : {{ branch }}, {{ day }}, {{ time }}",
            """\
{{ problem }}

- Client : {{ guest }}
- Réservation : {{ reference }}, {{ service }}, {{ day }}, de {{ time }} à {{ until }}

{{ advice }}

[Voir la réservation]({{ link }})
""",
        ),
        "it": (
            "Chiave modificata: {{ branch }}, {{ day }}, {{ time }}",
            """\
{{ problem }}

- Ospite: {{ guest }}
- Prenotazione: {{ reference }}, {{ service }}, {{ day }}, dalle {{ time }} alle {{ until }}

{{ advice }}

[Vedere la prenotazione]({{ link }})
""",
        ),
    },
    "message_account_trouble": {
        "de": (
            "exivo braucht Sie: {{ branch }}",
            """\
{{ problem }} Es betrifft {{ branch }}.

- Seit: {{ since }}{% if answer %}
- Antwort von exivo: {{ answer }}{% endif %}{% if next_attempt %}
- Nächster Versuch: {{ next_attempt }}{% endif %}{% if next_booking %}
- Erste betroffene Buchung: {{ next_booking }}{% endif %}

{{ advice }} Buchungen gehen weiter, Schlüssel warten. Ist der Fehler behoben, geht es von selbst weiter.

[Dort beheben]({{ link }})
""",
        ),
        "en": (
            "exivo needs you: {{ branch }}",
            """\
{{ problem }} It concerns {{ branch }}.

- Since: {{ since }}{% if answer %}
- Answer of exivo: {{ answer }}{% endif %}{% if next_attempt %}
- Next attempt: {{ next_attempt }}{% endif %}{% if next_booking %}
- First booking concerned: {{ next_booking }}{% endif %}

{{ advice }} Bookings go on, keys wait. Once it is mended, everything goes on by itself.

[Mend it there]({{ link }})
""",
        ),
        "fr": (
            "exivo a besoin de vous : {{ branch }}",
            """\
{{ problem }} Cela concerne {{ branch }}.

- Depuis : {{ since }}{% if answer %}
- Réponse d'exivo : {{ answer }}{% endif %}{% if next_attempt %}
- Prochain essai : {{ next_attempt }}{% endif %}{% if next_booking %}
- Première réservation concernée : {{ next_booking }}{% endif %}

{{ advice }} Les réservations continuent, les clés attendent. Une fois l'erreur corrigée, tout reprend tout seul.

[Corriger là-bas]({{ link }})
""",
        ),
        "it": (
            "exivo ha bisogno di Lei: {{ branch }}",
            """\
{{ problem }} Riguarda {{ branch }}.

- Da: {{ since }}{% if answer %}
- Risposta di exivo: {{ answer }}{% endif %}{% if next_attempt %}
- Prossimo tentativo: {{ next_attempt }}{% endif %}{% if next_booking %}
- Prima prenotazione interessata: {{ next_booking }}{% endif %}

{{ advice }} Le prenotazioni continuano, le chiavi aspettano. Corretto l'errore, tutto riprende da solo.

[Correggere lì]({{ link }})
""",
        ),
    },
}

ALARM_SUBJECTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {key: MappingProxyType({language: subject for language, (subject, _) in texts.items()}) for key, texts in _ALARMS.items()}
)
ALARM_TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {key: MappingProxyType({language: text for language, (_, text) in texts.items()}) for key, texts in _ALARMS.items()}
)
