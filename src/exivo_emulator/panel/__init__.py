# SPDX-License-Identifier: Apache-2.0
"""The panel of the emulator."""

from collections.abc import Callable

from werkzeug.wrappers import Response

ROUTES: dict[str, tuple[str, str, Callable[..., Response]]] = {}
