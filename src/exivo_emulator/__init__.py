# SPDX-License-Identifier: Apache-2.0
"""An emulator of exivo's cloud with a building to play with. It knows nothing of Einlass and imports nothing of it."""

from exivo_emulator.app import Emulator, create_app
from exivo_emulator.building import BuildingError, demo_building, load_building
from exivo_emulator.inventory import Building

__all__ = ["Building", "BuildingError", "Emulator", "create_app", "demo_building", "load_building"]
