# SPDX-License-Identifier: Apache-2.0
"""The panel of the emulator: the building to play with in a browser."""

from exivo_emulator.panel.routes import ROUTES

__all__ = ["ROUTES"]
