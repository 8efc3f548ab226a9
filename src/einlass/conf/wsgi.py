# SPDX-License-Identifier: Apache-2.0
"""The web application as a server loads it. Start-up registers here who hands over wake-ups."""

import os
import signal

# Ctrl-C reaches the whole process group, and the server ends its processes with SIGTERM besides: the second of two signals
# makes one of them hang. So the server alone listens to Ctrl-C.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "einlass.conf.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402 - needs the settings named above
from django.urls import get_resolver  # noqa: E402 - as above

application = get_wsgi_application()
# Every view is loaded now, so that no guest waits for it.
get_resolver().url_patterns  # noqa: B018 - reading it is what loads them

from einlass.conf import startup  # noqa: E402 - needs the applications that were set up above
from einlass.jobs.engine import DbosEngine  # noqa: E402 - as above
from einlass.operations import wakeups  # noqa: E402 - as above

startup.verify()
wakeups.register(DbosEngine())
