# SPDX-License-Identifier: Apache-2.0
"""Every word of the panel, German and English, and how it writes days and times. Only words: what they are said of is in `view`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

LANGUAGES = ("de", "en")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Übungsgebäude", "Practice building"),
    "note": (
        "Ein nachgebautes exivo zum Ausprobieren. Hier öffnet keine echte Tür. Tippen Sie eine Tür an, um das Handy daran zu halten.",
        "A copy of exivo to try things out. No real door opens here. Click a door to hold the phone to it.",
    ),
    "skip": ("Zum Inhalt", "Skip to content"),
    "sites": ("Filialen", "Branches"),
    "language": ("English", "Deutsch"),
    "reset": ("Alles zurücksetzen", "Reset everything"),
    "offline": (
        "Das Übungsgebäude antwortet nicht. Die Seite zeigt den letzten Stand.",
        "The practice building does not answer. This is its last state.",
    ),
    "clock": ("Uhr des Gebäudes", "Clock of the building"),
    "time": ("Uhrzeit", "Time"),
    "jump": ("Zeitpunkt wählen", "Choose a moment"),
    "early": ("zu früh", "too early"),
    "lead": ("im Vorlauf", "just before"),
    "during": ("während des Termins", "during the booking"),
    "trail": ("im Nachlauf", "just after"),
    "late": ("zu spät", "too late"),
    "real": ("echte Zeit", "real time"),
    "set": ("Uhr stellen", "Set the clock"),
    "no_band": (
        "Auf diesem Handy ist kein Schlüssel. Mit einem Schlüssel stehen hier seine Zeiten zum Springen.",
        "There is no key on this phone. With a key, its times stand here to jump to.",
    ),
    "away": ("Die Uhr steht ausserhalb dieser Zeit.", "The clock is outside this time."),
    "house": ("Gebäude", "Building"),
    "hold": ("Handy an {} halten", "Hold the phone to {}"),
    "no_door": ("keine Tür", "not a door"),
    "removed": ("ausgebaut", "removed"),
    "not_ready": ("nicht bereit", "not ready"),
    "phone": ("Handy mit der Nummer", "Phone with the number"),
    "other": ("Andere Nummer", "Another number"),
    "show": ("Zeigen", "Show"),
    "wrong_phone": (
        "Das ist keine Nummer in internationaler Form. Beispiel: +41 78 123 45 67.",
        "This is not a number in international form. Example: +41 78 123 45 67.",
    ),
    "keys_0": ("Kein Schlüssel", "No key"),
    "keys_1": ("1 Schlüssel", "1 key"),
    "keys_n": ("{} Schlüssel", "{} keys"),
    "keys_hint": (
        "Sobald eine Buchung für diese Nummer besteht, erscheint der Schlüssel hier.",
        "As soon as this number has a booking, its key appears here.",
    ),
    "former": ("Frühere Schlüssel: {}", "Former keys: {}"),
    "active": ("Gilt jetzt", "Valid now"),
    "ready": ("Bereit", "Ready"),
    "closed": ("Abgelaufen", "Expired"),
    "revoked": ("Zurückgenommen", "Taken back"),
    "today": ("Heute", "Today"),
    "always": ("ohne Zeitfenster", "without a window"),
    "unknown_door": ("unbekannte Tür", "unknown door"),
    "no_doors": ("ohne Türen", "without doors"),
    "green": ("Grün", "Green"),
    "red": ("Rot", "Red"),
    "reason_open": ("offen", "open"),
    "reason_no_key": ("kein Schlüssel", "no key"),
    "reason_wrong_door": ("falsche Tür", "wrong door"),
    "reason_too_early": ("zu früh", "too early"),
    "reason_too_late": ("zu spät", "too late"),
    "reason_revoked": ("zurückgenommen", "taken back"),
    "say_open": ("Die Tür ist offen.", "The door is open."),
    "say_no_key": ("Auf diesem Handy ist kein Schlüssel.", "There is no key on this phone."),
    "say_wrong_door": ("Die Tür gehört nicht zu diesem Schlüssel.", "The door does not belong to this key."),
    "say_too_early": ("Der Schlüssel gilt noch nicht.", "The key is not valid yet."),
    "say_too_late": ("Die Zeit des Schlüssels ist vorbei.", "The time of the key is over."),
    "say_revoked": ("Der Schlüssel wurde zurückgenommen.", "The key was taken back."),
    "log": ("Protokoll", "Log"),
    "log_caption": ("Was am Gebäude geschah", "What happened at the building"),
    "log_empty": (
        "Noch ist nichts geschehen. Was am Gebäude und mit exivo geschieht, steht dann hier.",
        "Nothing has happened yet. What happens at the building and with exivo stands here.",
    ),
    "col_time": ("Zeit", "Time"),
    "col_who": ("Wer", "Who"),
    "col_what": ("Was", "What"),
    "col_light": ("Licht", "Light"),
    "col_reason": ("Grund", "Reason"),
    "handset": ("Handy {}", "Phone {}"),
    "program": ("Programm", "Program"),
    "no_answer": ("keine Antwort", "no answer"),
    "faults": ("Störungen", "Faults"),
    "faults_more": ("Ausserdem gesetzt: {}", "Also set: {}"),
    "faults_answers": ("Weitere Störungen: Antworten", "More faults: answers"),
    "faults_lists": ("Weitere Störungen: Schlüssel und Listen", "More faults: keys and lists"),
    "faults_account": ("Weitere Störungen: Konto und Uhr", "More faults: account and clock"),
    "hardware": ("Technik am Gebäude ändern", "Change the hardware"),
    "component": ("Bauteil", "Component"),
    "component_remove": ("Ausbauen", "Take out"),
    "component_gateway": ("Zum Gateway machen", "Turn into a gateway"),
    "component_as_built": ("Wie am Anfang", "As at first"),
    "by_hand": ("In exivo ändern", "Change in exivo"),
    "key_delete": ("Löschen", "Delete"),
    "key_take_back": ("Zurücknehmen", "Take back"),
    "key_longer": ("1 Stunde verlängern", "1 hour longer"),
    "key_wider": ("Tür hinzufügen", "Add a door"),
    "make_by_hand": ("Schlüssel von Hand anlegen", "Make a key by hand"),
    "on": ("ein", "on"),
    "off": ("aus", "off"),
}

_CALLS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    # done, tried
    "info": (("Site geprüft", "Site checked"), ("Site prüfen", "Check site")),
    "components": (("Komponenten gelesen", "Components read"), ("Komponenten lesen", "Read components")),
    "component": (("Komponente gelesen", "Component read"), ("Komponente lesen", "Read component")),
    "unlock": (("Türöffnung verlangt", "Door asked to open"), ("Tür öffnen", "Open door")),
    "visits": (("Schlüssel aufgelistet", "Keys listed"), ("Schlüssel auflisten", "List keys")),
    "create": (("Schlüssel angelegt", "Key made"), ("Schlüssel anlegen", "Make key")),
    "visit": (("Schlüssel gelesen", "Key read"), ("Schlüssel lesen", "Read key")),
    "revoke": (("Schlüssel zurückgenommen", "Key taken back"), ("Schlüssel zurücknehmen", "Take key back")),
    "access_log": (("Türprotokoll gelesen", "Door log read"), ("Türprotokoll lesen", "Read door log")),
}

_DAYS: Mapping[str, tuple[str, ...]] = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS: Mapping[str, tuple[str, ...]] = {
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "de"
        self._column = LANGUAGES.index(self.language)

    def __call__(self, name: str, *values: object) -> str:
        return _WORDS[name][self._column].format(*values)

    def call(self, endpoint: str, *, done: bool) -> str:
        return _CALLS[endpoint][0 if done else 1][self._column]

    def pick(self, german: str, english: str) -> str:
        return (german, english)[self._column]

    def day(self, day: date) -> str:
        dot = "." if self.language == "de" else ""
        return f"{_DAYS[self.language][day.weekday()]}, {day.day}{dot} {_MONTHS[self.language][day.month - 1]}"

    def span(self, first: datetime, last: datetime, *, today: date) -> str:
        """Both in the site's zone: "Heute, 13:45–18:15"."""

        def named(instant: datetime) -> str:
            return self("today") if instant.date() == today else self.day(instant.date())

        start = f"{named(first)}, {first:%H:%M}"
        return f"{start}–{last:%H:%M}" if first.date() == last.date() else f"{start} – {named(last)}, {last:%H:%M}"
