# SPDX-License-Identifier: Apache-2.0
"""What the standard booking questions are called where the configuration file says nothing. Labels of the operator's own are his."""

from __future__ import annotations

from einlass.core.texts import Text

LABELS: dict[str, dict[str, str]] = {
    "first_name": {"de": "Vorname", "en": "First name", "fr": "Prénom", "it": "Nome"},
    "last_name": {"de": "Nachname", "en": "Last name", "fr": "Nom", "it": "Cognome"},
    "name": {"de": "Name", "en": "Name", "fr": "Nom", "it": "Nome"},
    "company": {"de": "Firma", "en": "Company", "fr": "Entreprise", "it": "Azienda"},
    "email": {"de": "E-Mail", "en": "E-mail", "fr": "E-mail", "it": "E-mail"},
    "mobile": {"de": "Mobilnummer", "en": "Mobile number", "fr": "Numéro de mobile", "it": "Numero di cellulare"},
    "phone": {"de": "Telefon", "en": "Phone", "fr": "Téléphone", "it": "Telefono"},
    "persons": {"de": "Anzahl Personen", "en": "Number of people", "fr": "Nombre de personnes", "it": "Numero di persone"},
    "remarks": {"de": "Bemerkungen", "en": "Remarks", "fr": "Remarques", "it": "Osservazioni"},
}


def label_of(key: str, *, kind: str) -> Text:
    """A sensible label for a question that was given none: by its key, else by its kind, else the key made readable."""
    return LABELS.get(key) or LABELS.get(kind) or key.replace("_", " ").replace("-", " ").capitalize()
