# SPDX-License-Identifier: Apache-2.0
"""What an SMS says until the operator writes something else, and what stands in a calendar entry. Longer texts: `default_messages.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# One SMS has 160 characters of its own small alphabet (GSM 03.38: no ê, ç or dash); with any other it has 70, and costs as much.
SMS_CHARACTERS = 160

_FORM = "{{ organisation }}: %s {{ service }}, {{ date }}, {{ time }}. {{ link }}\n"
_NEWS: Mapping[str, Mapping[str, str]] = {
    "sms_received": {"de": "Anfrage erhalten.", "en": "Request received.", "fr": "Demande enregistrée.", "it": "Richiesta ricevuta."},
    "sms_confirmed": {"de": "Ihre Buchung gilt.", "en": "Booked.", "fr": "Réservation confirmée.", "it": "Prenotazione confermata."},
    "sms_moved": {"de": "Neue Zeit.", "en": "New time.", "fr": "Nouvel horaire.", "it": "Nuovo orario."},
    "sms_cancelled": {"de": "Storniert.", "en": "Cancelled.", "fr": "Réservation annulée.", "it": "Prenotazione annullata."},
    "sms_declined": {"de": "Nicht bestätigt.", "en": "Not confirmed.", "fr": "Demande non confirmée.", "it": "Richiesta non confermata."},
    "sms_reminder": {"de": "Erinnerung.", "en": "Reminder.", "fr": "Rappel.", "it": "Promemoria."},
    "sms_key_ready": {
        "de": "Ihr Schlüssel ist bereit.",
        "en": "Your key is ready.",
        "fr": "Votre clé est à disposition.",
        "it": "La Sua chiave è pronta.",
    },
}
SMS_TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {key: MappingProxyType({language: _FORM % news for language, news in texts.items()}) for key, texts in _NEWS.items()}
)

# The description of a calendar entry; it is filled as a message is.
_OPENS: Mapping[str, str] = {
    "de": "Ihr Handy öffnet von {{ key_from }} bis {{ key_until }}: {{ doors }}.",
    "en": "Your phone opens from {{ key_from }} until {{ key_until }}: {{ doors }}.",
    "fr": "Votre téléphone ouvre de {{ key_from }} à {{ key_until }} : {{ doors }}.",
    "it": "Il Suo telefono apre dalle {{ key_from }} alle {{ key_until }}: {{ doors }}.",
}
CALENDAR_TEXTS: Mapping[str, str] = MappingProxyType(
    {language: f"{{{{ link }}}}{{% if doors %}}\n\n{opens}\nApp: {{{{ app }}}}{{% endif %}}" for language, opens in _OPENS.items()}
)
