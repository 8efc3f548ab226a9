# SPDX-License-Identifier: Apache-2.0
"""What an installation says until its operator writes something else. How a text becomes HTML is in `templates.py`."""

from collections.abc import Mapping
from types import MappingProxyType

from einlass.core.default_alarms import ALARM_SUBJECTS, ALARM_TEXTS
from einlass.core.default_messages import MESSAGE_SUBJECTS, MESSAGE_TEXTS
from einlass.core.default_short_texts import SMS_TEXTS

# The links are the stores' own search: it finds the app in every country, whatever number a store gives it (R9, R14).
_EXIVO_BOOKING_PAGE = {
    "de": """\
## So öffnen Sie die Türen

Ihr Handy wird zum Schlüssel, mit der kostenlosen App **{{ app }}**. Am besten richten Sie sie heute schon ein.

1. Installieren Sie die App und melden Sie sich mit Ihrer Mobilnummer an:
   [App Store (iPhone)](https://apps.apple.com/ch/iphone/search?term=dormakaba%20mobile%20access),
   [Google Play (Android)](https://play.google.com/store/search?q=dormakaba%20mobile%20access&c=apps)
2. Ihr Schlüssel gilt von {{ early_minutes }} Minuten vor Beginn bis {{ late_minutes }} Minuten nach Ende Ihrer Buchung.
3. Öffnen Sie vor der Tür die App. Sie fragt zuerst nach Ihrem Gesicht oder nach dem PIN des Handys.
   Halten Sie das Handy dann ans Schloss.

- **Grün:** Die Tür ist offen.
- **Rot:** Der Schlüssel gilt nicht, die Tür gehört nicht zu Ihrer Buchung, es ist noch zu früh
  oder die Zeit ist seit mehr als {{ late_minutes }} Minuten vorbei.
{% if phone %}
Geht eine Tür nicht auf? {{ organisation }} hilft Ihnen: {{ phone }}
{% endif %}
""",
    "en": """\
## How to open the doors

Your phone becomes the key, with the free app **{{ app }}**. It is best to set it up today.

1. Install the app and sign in with your mobile number:
   [App Store (iPhone)](https://apps.apple.com/ch/iphone/search?term=dormakaba%20mobile%20access),
   [Google Play (Android)](https://play.google.com/store/search?q=dormakaba%20mobile%20access&c=apps)
2. Your key works from {{ early_minutes }} minutes before your booking starts until {{ late_minutes }} minutes after it ends.
3. At the door, open the app. It first asks for your face or, failing that, for the PIN of the phone.
   Then hold the phone to the lock.

- **Green:** the door is open.
- **Red:** the key is not valid, the door is not part of your booking, it is too early,
  or the time ended more than {{ late_minutes }} minutes ago.
{% if phone %}
A door does not open? {{ organisation }} can help: {{ phone }}
{% endif %}
""",
    "fr": """\
## Comment ouvrir les portes

Votre téléphone devient la clé, avec l'app gratuite **{{ app }}**. Le mieux est de l'installer dès aujourd'hui.

1. Installez l'app et inscrivez-vous avec votre numéro de mobile :
   [App Store (iPhone)](https://apps.apple.com/ch/iphone/search?term=dormakaba%20mobile%20access),
   [Google Play (Android)](https://play.google.com/store/search?q=dormakaba%20mobile%20access&c=apps)
2. Votre clé est valable de {{ early_minutes }} minutes avant le début à {{ late_minutes }} minutes après la fin de la réservation.
3. Devant la porte, ouvrez l'app. Elle demande d'abord votre visage ou, à défaut, le code PIN du téléphone.
   Approchez ensuite le téléphone de la serrure.

- **Vert :** la porte est ouverte.
- **Rouge :** la clé n'est pas valable, la porte ne fait pas partie de votre réservation, il est encore trop tôt
  ou l'heure est passée depuis plus de {{ late_minutes }} minutes.
{% if phone %}
Une porte ne s'ouvre pas ? {{ organisation }} vous aide : {{ phone }}
{% endif %}
""",
    "it": """\
## Come aprire le porte

Il Suo telefono diventa la chiave, con l'app gratuita **{{ app }}**. È meglio installarla già oggi.

1. Installi l'app e acceda con il Suo numero di cellulare:
   [App Store (iPhone)](https://apps.apple.com/ch/iphone/search?term=dormakaba%20mobile%20access),
   [Google Play (Android)](https://play.google.com/store/search?q=dormakaba%20mobile%20access&c=apps)
2. La chiave vale da {{ early_minutes }} minuti prima dell'inizio fino a {{ late_minutes }} minuti dopo la fine della prenotazione.
3. Davanti alla porta apra l'app. Chiede prima il riconoscimento del viso o, in mancanza, il PIN del telefono.
   Poi avvicini il telefono alla serratura.

- **Verde:** la porta è aperta.
- **Rosso:** la chiave non è valida, la porta non fa parte della prenotazione, è ancora troppo presto
  o il tempo è scaduto da più di {{ late_minutes }} minuti.
{% if phone %}
Una porta non si apre? {{ organisation }} La aiuta: {{ phone }}
{% endif %}
""",
}

DEFAULT_TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"exivo_booking_page": MappingProxyType(_EXIVO_BOOKING_PAGE), **MESSAGE_TEXTS, **ALARM_TEXTS, **SMS_TEXTS}
)
# Of mail alone: neither a text on a page nor an SMS has a subject.
DEFAULT_SUBJECTS: Mapping[str, Mapping[str, str]] = MappingProxyType({**MESSAGE_SUBJECTS, **ALARM_SUBJECTS})
