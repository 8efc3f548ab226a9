# SPDX-License-Identifier: Apache-2.0
"""What the messages say until the operator writes something else, in four languages. The text of the booking page: `default_texts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Parts = Mapping[str, str]

# Pieces that several messages of a language share: who is greeted, what was booked, how the doors open, where to look, who wrote.
_DE: Parts = {
    "hello": "Guten Tag{% if guest %} {{ guest }}{% endif %}\n\n",
    "what": """\
- Was: {{ service }}{% if room != service %}, {{ room }}{% endif %}
- Wann: {{ day }}, {{ time }} bis {{ until }}
- Wo: {{ branch }}{% if address and address != branch %}, {{ address }}{% endif %}
- Referenz: {{ reference }}

""",
    "doors": """\
{% if doors %}
**Ihr Handy ist der Schlüssel.** Er gilt von {{ key_from }} bis {{ key_until }} und öffnet: {{ doors }}.
Sie brauchen die App **{{ app }}**. Sie fragt zuerst nach Ihrem Gesicht oder nach dem PIN des Handys. Halten Sie das Handy dann ans Schloss.

- Grün: Die Tür ist offen.
- Rot: Der Schlüssel gilt nicht, die Tür gehört nicht zu Ihrer Buchung, es ist noch zu früh
  oder die Zeit ist seit mehr als {{ late_minutes }} Minuten vorbei.

{% endif %}
""",
    "page": "[Ihre Buchung ansehen, umbuchen oder stornieren]({{ link }})\n\n",
    "look": "[Ihre Buchung ansehen]({{ link }})\n\n",
    "bye": "Freundliche Grüsse  \n{{ organisation }}{% if phone %}  \n{{ phone }}{% endif %}\n",
}
_EN: Parts = {
    "hello": "Hello{% if guest %} {{ guest }}{% endif %}\n\n",
    "what": """\
- What: {{ service }}{% if room != service %}, {{ room }}{% endif %}
- When: {{ day }}, {{ time }} to {{ until }}
- Where: {{ branch }}{% if address and address != branch %}, {{ address }}{% endif %}
- Reference: {{ reference }}

""",
    "doors": """\
{% if doors %}
**Your phone is the key.** It is valid from {{ key_from }} until {{ key_until }} and opens: {{ doors }}.
You need the app **{{ app }}**. It first asks for your face or, failing that, for the PIN of the phone. Then hold the phone to the lock.

- Green: the door is open.
- Red: the key is not valid, the door is not part of your booking, it is too early,
  or the time ended more than {{ late_minutes }} minutes ago.

{% endif %}
""",
    "page": "[See, move or cancel your booking]({{ link }})\n\n",
    "look": "[See your booking]({{ link }})\n\n",
    "bye": "Kind regards  \n{{ organisation }}{% if phone %}  \n{{ phone }}{% endif %}\n",
}
_FR: Parts = {
    "hello": "Bonjour{% if guest %} {{ guest }}{% endif %}\n\n",
    "what": """\
- Quoi : {{ service }}{% if room != service %}, {{ room }}{% endif %}
- Quand : {{ day }}, de {{ time }} à {{ until }}
- Où : {{ branch }}{% if address and address != branch %}, {{ address }}{% endif %}
- Référence : {{ reference }}

""",
    "doors": """\
{% if doors %}
**Votre téléphone est la clé.** Elle est valable de {{ key_from }} à {{ key_until }} et ouvre : {{ doors }}.
Il vous faut l'app **{{ app }}**. Elle demande d'abord votre visage ou, à défaut, le code PIN du téléphone.
Approchez ensuite le téléphone de la serrure.

- Vert : la porte est ouverte.
- Rouge : la clé n'est pas valable, la porte ne fait pas partie de votre réservation, il est encore trop tôt
  ou l'heure est passée depuis plus de {{ late_minutes }} minutes.

{% endif %}
""",
    "page": "[Voir, déplacer ou annuler votre réservation]({{ link }})\n\n",
    "look": "[Voir votre réservation]({{ link }})\n\n",
    "bye": "Meilleures salutations  \n{{ organisation }}{% if phone %}  \n{{ phone }}{% endif %}\n",
}
_IT: Parts = {
    "hello": "Buongiorno{% if guest %} {{ guest }}{% endif %}\n\n",
    "what": """\
- Che cosa: {{ service }}{% if room != service %}, {{ room }}{% endif %}
- Quando: {{ day }}, dalle {{ time }} alle {{ until }}
- Dove: {{ branch }}{% if address and address != branch %}, {{ address }}{% endif %}
- Riferimento: {{ reference }}

""",
    "doors": """\
{% if doors %}
**Il Suo telefono è la chiave.** Vale dalle {{ key_from }} alle {{ key_until }} e apre: {{ doors }}.
Le serve l'app **{{ app }}**. Chiede prima il riconoscimento del viso o, in mancanza, il PIN del telefono.
Poi avvicini il telefono alla serratura.

- Verde: la porta è aperta.
- Rosso: la chiave non è valida, la porta non fa parte della prenotazione, è ancora troppo presto
  o il tempo è scaduto da più di {{ late_minutes }} minuti.

{% endif %}
""",
    "page": "[Vedere, spostare o annullare la prenotazione]({{ link }})\n\n",
    "look": "[Vedere la prenotazione]({{ link }})\n\n",
    "bye": "Cordiali saluti  \n{{ organisation }}{% if phone %}  \n{{ phone }}{% endif %}\n",
}
_PARTS: Mapping[str, Parts] = {"de": _DE, "en": _EN, "fr": _FR, "it": _IT}

# A message as names of pieces with its own sentences between them, which begin with a colon.
_FORMS: Mapping[str, tuple[str, ...]] = {
    "message_received": ("hello", ":0", "what", "look", "bye"),
    "message_confirmed": ("hello", ":0", "what", "doors", "page", "bye"),
    "message_moved": ("hello", ":0", "what", "doors", "page", "bye"),
    "message_cancelled": ("hello", ":0", "what", ":1", "bye"),
    "message_declined": ("hello", ":0", "what", ":1", "bye"),
    "message_reminder": ("hello", ":0", "what", "doors", "page", "bye"),
    "message_key_ready": ("hello", ":0", "what", "doors", "look", "bye"),
    "message_link": ("hello", ":0", "what", "page", "bye"),
    "message_code": ("hello", ":0", "what", ":1", "bye"),
    "message_key_trouble": (":0",),
    "message_key_stays": (":0",),
}
_REASON = "{% if reason %}\n{{ reason }}\n\n{% endif %}\n"
# Only the key of the booking is taken back: another one that the operator gave the guest opens on (F14).
_OTHER_KEY: Parts = {
    "de": """\
{% if other_key_until %} Ein anderer Schlüssel auf Ihrem Handy, der nicht zu dieser Buchung gehört, \
kann noch bis {{ other_key_until }} öffnen.{% endif %}""",
    "en": """\
{% if other_key_until %} Another key on your phone, which is not part of this booking, \
may still open until {{ other_key_until }}.{% endif %}""",
    "fr": """\
{% if other_key_until %} Une autre clé sur votre téléphone, qui ne fait pas partie de cette réservation, \
peut encore ouvrir jusqu'à {{ other_key_until }}.{% endif %}""",
    "it": """\
{% if other_key_until %} Un'altra chiave sul Suo telefono, che non fa parte di questa prenotazione, \
può ancora aprire fino alle {{ other_key_until }}.{% endif %}""",
}
# Of each message its subject, then its own sentences.
_SENTENCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "message_received": {
        "de": (
            "Ihre Anfrage: {{ service }}, {{ day }}",
            "Ihre Anfrage ist eingegangen. {{ organisation }} prüft sie; bis dahin bleibt der Raum für Sie frei.\n\n",
        ),
        "en": (
            "Your request: {{ service }}, {{ day }}",
            "Your request has arrived. {{ organisation }} looks at it; until then the room is kept for you.\n\n",
        ),
        "fr": (
            "Votre demande : {{ service }}, {{ day }}",
            "Votre demande est arrivée. {{ organisation }} l'examine ; d'ici là, la salle vous est gardée.\n\n",
        ),
        "it": (
            "La Sua richiesta: {{ service }}, {{ day }}",
            "La Sua richiesta è arrivata. {{ organisation }} la esamina; fino ad allora la sala resta riservata per Lei.\n\n",
        ),
    },
    "message_confirmed": {
        "de": ("Ihre Buchung: {{ service }}, {{ day }}", "Ihre Buchung gilt.\n\n"),
        "en": ("Your booking: {{ service }}, {{ day }}", "Your booking is confirmed.\n\n"),
        "fr": ("Votre réservation : {{ service }}, {{ day }}", "Votre réservation est confirmée.\n\n"),
        "it": ("La Sua prenotazione: {{ service }}, {{ day }}", "La Sua prenotazione è confermata.\n\n"),
    },
    "message_moved": {
        "de": (
            "Neue Zeit: {{ service }}, {{ day }}, {{ time }}",
            "Ihre Buchung ist verschoben. Bisher war sie am {{ old_day }}, {{ old_time }}. Neu gilt:\n\n",
        ),
        "en": (
            "New time: {{ service }}, {{ day }}, {{ time }}",
            "Your booking has been moved. It was on {{ old_day }}, {{ old_time }}. Now it is:\n\n",
        ),
        "fr": (
            "Nouvel horaire : {{ service }}, {{ day }}, {{ time }}",
            "Votre réservation est déplacée. Elle était prévue le {{ old_day }}, {{ old_time }}. Désormais :\n\n",
        ),
        "it": (
            "Nuovo orario: {{ service }}, {{ day }}, {{ time }}",
            "La Sua prenotazione è stata spostata. Era prevista per {{ old_day }}, {{ old_time }}. Ora vale:\n\n",
        ),
    },
    "message_cancelled": {
        "de": (
            "Storniert: {{ service }}, {{ day }}",
            "Diese Buchung ist storniert.\n\n",
            _REASON + "{% if doors %}Der Schlüssel dazu wird zurückgenommen." + _OTHER_KEY["de"] + "{% endif %}\n\n",
        ),
        "en": (
            "Cancelled: {{ service }}, {{ day }}",
            "This booking is cancelled.\n\n",
            _REASON + "{% if doors %}Its key is taken back." + _OTHER_KEY["en"] + "{% endif %}\n\n",
        ),
        "fr": (
            "Annulée : {{ service }}, {{ day }}",
            "Cette réservation est annulée.\n\n",
            _REASON + "{% if doors %}Sa clé est retirée." + _OTHER_KEY["fr"] + "{% endif %}\n\n",
        ),
        "it": (
            "Annullata: {{ service }}, {{ day }}",
            "Questa prenotazione è annullata.\n\n",
            _REASON + "{% if doors %}La relativa chiave viene ritirata." + _OTHER_KEY["it"] + "{% endif %}\n\n",
        ),
    },
    "message_declined": {
        "de": ("Nicht bestätigt: {{ service }}, {{ day }}", "{{ organisation }} kann diese Anfrage nicht bestätigen.\n\n", _REASON),
        "en": ("Not confirmed: {{ service }}, {{ day }}", "{{ organisation }} cannot confirm this request.\n\n", _REASON),
        "fr": ("Non confirmée : {{ service }}, {{ day }}", "{{ organisation }} ne peut pas confirmer cette demande.\n\n", _REASON),
        "it": ("Non confermata: {{ service }}, {{ day }}", "{{ organisation }} non può confermare questa richiesta.\n\n", _REASON),
    },
    "message_reminder": {
        "de": ("Erinnerung: {{ service }}, {{ day }}, {{ time }}", "Bald ist es so weit.\n\n"),
        "en": ("Reminder: {{ service }}, {{ day }}, {{ time }}", "Your booking is soon.\n\n"),
        "fr": ("Rappel : {{ service }}, {{ day }}, {{ time }}", "Votre réservation approche.\n\n"),
        "it": ("Promemoria: {{ service }}, {{ day }}, {{ time }}", "La Sua prenotazione si avvicina.\n\n"),
    },
    "message_key_ready": {
        "de": ("Ihr Schlüssel ist bereit: {{ service }}, {{ day }}", "Ihr Schlüssel ist bereit. Sie finden ihn in der App.\n\n"),
        "en": ("Your key is ready: {{ service }}, {{ day }}", "Your key is ready. You find it in the app.\n\n"),
        "fr": ("Votre clé est prête : {{ service }}, {{ day }}", "Votre clé est prête. Vous la trouvez dans l'app.\n\n"),
        "it": ("La Sua chiave è pronta: {{ service }}, {{ day }}", "La Sua chiave è pronta. La trova nell'app.\n\n"),
    },
    "message_link": {
        "de": (
            "Neue Adresse Ihrer Buchung: {{ service }}, {{ day }}",
            "Die Seite Ihrer Buchung hat eine neue Adresse. Die alte gilt nicht mehr.\n\n",
        ),
        "en": (
            "New address of your booking: {{ service }}, {{ day }}",
            "The page of your booking has a new address. The old one no longer counts.\n\n",
        ),
        "fr": (
            "Nouvelle adresse de votre réservation : {{ service }}, {{ day }}",
            "La page de votre réservation a une nouvelle adresse. L'ancienne n'est plus valable.\n\n",
        ),
        "it": (
            "Nuovo indirizzo della Sua prenotazione: {{ service }}, {{ day }}",
            "La pagina della Sua prenotazione ha un nuovo indirizzo. Quello vecchio non vale più.\n\n",
        ),
    },
    "message_code": {
        "de": (
            "Ihr Code für die neue Mobilnummer",
            "Ihr Code: **{{ code }}**. Er gilt {{ code_minutes }} Minuten.\n"
            "Geben Sie ihn auf der Seite Ihrer Buchung ein. Danach wechselt der Schlüssel auf die neue Nummer.\n\n",
            "Sie haben keine neue Nummer angegeben? Dann müssen Sie nichts tun. Ohne den Code bleibt alles, wie es ist.\n\n",
        ),
        "en": (
            "Your code for the new mobile number",
            "Your code: **{{ code }}**. It counts for {{ code_minutes }} minutes.\n"
            "Enter it on the page of your booking. Then the key moves to the new number.\n\n",
            "You did not give a new number? Then you need not do anything. Without the code everything stays as it is.\n\n",
        ),
        "fr": (
            "Votre code pour le nouveau numéro de portable",
            "Votre code : **{{ code }}**. Il est valable {{ code_minutes }} minutes.\n"
            "Saisissez-le sur la page de votre réservation. La clé passe ensuite au nouveau numéro.\n\n",
            "Vous n'avez pas indiqué de nouveau numéro ? Alors vous n'avez rien à faire. Sans le code, tout reste comme avant.\n\n",
        ),
        "it": (
            "Il Suo codice per il nuovo numero di cellulare",
            "Il Suo codice: **{{ code }}**. Vale {{ code_minutes }} minuti.\n"
            "Lo inserisca sulla pagina della Sua prenotazione. Poi la chiave passa al nuovo numero.\n\n",
            "Non ha indicato un nuovo numero? Allora non deve fare nulla. Senza il codice tutto resta com'è.\n\n",
        ),
    },
    "message_key_trouble": {
        "de": (
            "Schlüssel nicht bestätigt: {{ branch }}, {{ day }}, {{ time }}",
            """\
Der Schlüssel von {{ guest }} ist noch nicht bestätigt. Er muss ab {{ key_from }} gelten.

- Buchung: {{ reference }}, {{ service }}, {{ day }}, {{ time }} bis {{ until }}{% if problem %}
- Grund: {{ problem }}{% endif %}{% if next_attempt %}
- Nächster Versuch: {{ next_attempt }}{% endif %}

[Zur Buchung]({{ link }})
""",
        ),
        "en": (
            "Key not confirmed: {{ branch }}, {{ day }}, {{ time }}",
            """\
The key of {{ guest }} is not confirmed yet. It has to be valid from {{ key_from }}.

- Booking: {{ reference }}, {{ service }}, {{ day }}, {{ time }} to {{ until }}{% if problem %}
- Reason: {{ problem }}{% endif %}{% if next_attempt %}
- Next attempt: {{ next_attempt }}{% endif %}

[To the booking]({{ link }})
""",
        ),
        "fr": (
            "Clé non confirmée : {{ branch }}, {{ day }}, {{ time }}",
            """\
La clé de {{ guest }} n'est pas encore confirmée. Elle doit être valable dès {{ key_from }}.

- Réservation : {{ reference }}, {{ service }}, {{ day }}, de {{ time }} à {{ until }}{% if problem %}
- Raison : {{ problem }}{% endif %}{% if next_attempt %}
- Prochain essai : {{ next_attempt }}{% endif %}

[Voir la réservation]({{ link }})
""",
        ),
        "it": (
            "Chiave non confermata: {{ branch }}, {{ day }}, {{ time }}",
            """\
La chiave di {{ guest }} non è ancora confermata. Deve valere dalle {{ key_from }}.

- Prenotazione: {{ reference }}, {{ service }}, {{ day }}, dalle {{ time }} alle {{ until }}{% if problem %}
- Motivo: {{ problem }}{% endif %}{% if next_attempt %}
- Prossimo tentativo: {{ next_attempt }}{% endif %}

[Vedere la prenotazione]({{ link }})
""",
        ),
    },
    "message_key_stays": {
        "de": (
            "Schlüssel nicht zurückgenommen: {{ branch }}, {{ day }}, {{ time }}",
            """\
Der Schlüssel von {{ guest }} ist noch nicht zurückgenommen. Er kann bis {{ key_until }} öffnen. Die nächste Buchung mit einer seiner \
Türen beginnt um {{ next_time }}.

- Buchung: {{ reference }}, {{ service }}, {{ day }}, {{ time }} bis {{ until }}
- Nächste Buchung: {{ next_booking }}{% if problem %}
- Grund: {{ problem }}{% endif %}

[Zur Buchung]({{ link }})
""",
        ),
        "en": (
            "Key not taken back: {{ branch }}, {{ day }}, {{ time }}",
            """\
The key of {{ guest }} has not been taken back yet. It may open until {{ key_until }}. The next booking with one of its doors begins at \
{{ next_time }}.

- Booking: {{ reference }}, {{ service }}, {{ day }}, {{ time }} to {{ until }}
- Next booking: {{ next_booking }}{% if problem %}
- Reason: {{ problem }}{% endif %}

[To the booking]({{ link }})
""",
        ),
        "fr": (
            "Clé non retirée : {{ branch }}, {{ day }}, {{ time }}",
            """\
La clé de {{ guest }} n'est pas encore retirée. Elle peut ouvrir jusqu'à {{ key_until }}. La prochaine réservation avec une de ses portes \
commence à {{ next_time }}.

- Réservation : {{ reference }}, {{ service }}, {{ day }}, de {{ time }} à {{ until }}
- Prochaine réservation : {{ next_booking }}{% if problem %}
- Raison : {{ problem }}{% endif %}

[Voir la réservation]({{ link }})
""",
        ),
        "it": (
            "Chiave non ritirata: {{ branch }}, {{ day }}, {{ time }}",
            """\
La chiave di {{ guest }} non è ancora ritirata. Può aprire fino alle {{ key_until }}. La prossima prenotazione con una delle sue porte \
inizia alle {{ next_time }}.

- Prenotazione: {{ reference }}, {{ service }}, {{ day }}, dalle {{ time }} alle {{ until }}
- Prossima prenotazione: {{ next_booking }}{% if problem %}
- Motivo: {{ problem }}{% endif %}

[Vedere la prenotazione]({{ link }})
""",
        ),
    },
}


def _text(key: str, language: str) -> str:
    own = _SENTENCES[key][language][1:]
    return "".join(own[int(piece[1:])] if piece.startswith(":") else _PARTS[language][piece] for piece in _FORMS[key])


MESSAGE_SUBJECTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {key: MappingProxyType({language: own[0] for language, own in texts.items()}) for key, texts in _SENTENCES.items()}
)
MESSAGE_TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {key: MappingProxyType({language: _text(key, language) for language in texts}) for key, texts in _SENTENCES.items()}
)
