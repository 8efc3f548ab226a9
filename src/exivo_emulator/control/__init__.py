# SPDX-License-Identifier: Apache-2.0
"""The calls beside exivo's API, for tests and for the panel. Which address leads where; the work is in the modules."""

from __future__ import annotations

from exivo_emulator.control import hardware, keys, state, taps
from exivo_emulator.control.wording import Handler

ROUTES: dict[str, tuple[str, str, Handler]] = {
    "tap": ("POST", "/control/tap", taps.tap),
    "keys": ("GET", "/control/keys", keys.keys),
    "add_keys": ("POST", "/control/keys", keys.add_keys),
    "change_key": ("PATCH", "/control/keys/<key>", keys.change_key),
    "delete_key": ("DELETE", "/control/keys/<key>", keys.delete_key),
    "read_clock": ("GET", "/control/clock", state.read_clock),
    "set_clock": ("POST", "/control/clock", state.set_clock),
    "read_faults": ("GET", "/control/faults", state.read_faults),
    "set_faults": ("POST", "/control/faults", state.set_faults),
    "reset": ("POST", "/control/reset", state.reset),
    "log": ("GET", "/control/log", state.log),
    "callbacks": ("GET", "/control/callbacks", state.callbacks),
    "building": ("GET", "/control/building", hardware.building),
    "set_component": ("POST", "/control/components", hardware.set_component),
    "set_account": ("POST", "/control/account", hardware.set_account),
    "set_site": ("POST", "/control/sites", hardware.set_site),
}
