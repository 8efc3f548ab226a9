# SPDX-License-Identifier: Apache-2.0
"""The drawings of the panel as SVG: door, lamp, gateway, marks of a key's state. Positions are attributes, colours classes."""

from markupsafe import Markup

_BOX = '<rect class="box" x="58" y="38" width="16" height="26" rx="3"/>'
_RAYS = '<path class="ray {0}" d="M66 32v-5M75.5 36l3.4-3.4M56.5 36l-3.4-3.4"/>'
_CLOSED = '<rect class="leaf" x="2" y="6" width="46" height="92"/><circle class="knob" cx="41" cy="55" r="3"/>'
_OPEN = (
    '<rect class="hole" x="2" y="6" width="46" height="92"/>'
    '<path class="leaf" d="M2 6 22 15v92L2 98z"/><circle class="knob" cx="17" cy="61" r="2.5"/>'
)
_GREEN = '<circle cx="10" cy="10" r="8" class="led-g"/><path d="M6.4 10.3l2.5 2.5 4.8-5.2" fill="none" class="led-s" stroke-width="2"/>'
_RED = '<circle cx="10" cy="10" r="8" class="led-r"/><path d="M6.2 10h7.6" fill="none" class="led-s" stroke-width="2.25"/>'
_KEY = "M8 .5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15Zm0 3.6a2.1 2.1 0 0 1 1.15 3.86l.75 3.54H6.1l.75-3.54A2.1 2.1 0 0 1 8 4.1Z"
_RING = '<circle cx="8" cy="8" r="6.75" fill="none" stroke="currentColor" stroke-width="1.75"/>'
_STATES = {
    "active": f'<path fill-rule="evenodd" fill="currentColor" d="{_KEY}"/>',
    "ready": f'{_RING}<path d="M4.9 8.2l2.2 2.2 4-4.3" fill="none" stroke="currentColor" stroke-width="1.75"/>',
    "closed": f'{_RING}<path d="M5 8h6" fill="none" stroke="currentColor" stroke-width="1.75"/>',
    "revoked": f'{_RING}<path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" fill="none" stroke="currentColor" stroke-width="1.75"/>',
}


def door(light: str | None) -> Markup:
    """`light` is green (and the door open), red or None."""
    lamp = '<circle class="off" cx="66" cy="46" r="4.25"/>'
    if light is not None:
        lamp = f'<circle class="{light[0]}" cx="66" cy="46" r="4.25"/>{_RAYS.format(light[0])}'
    leaf = _OPEN if light == "green" else _CLOSED
    # Only the fixed pieces above are put together here, nothing that was sent.
    return Markup(f'<svg width="84" height="98" viewBox="0 0 84 98" aria-hidden="true">{leaf}{_BOX}{lamp}</svg>')  # noqa: S704 - see above


def lamp(light: str, size: int = 16) -> Markup:
    drawing = _GREEN if light == "green" else _RED
    return Markup(f'<svg width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true">{drawing}</svg>')  # noqa: S704 - fixed pieces


def state(name: str) -> Markup:
    return Markup(f'<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">{_STATES[name]}</svg>')  # noqa: S704 - fixed pieces


GATEWAY = Markup(
    '<svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true">'
    '<rect x="4" y="20" width="32" height="14" rx="2" fill="none" stroke="currentColor" stroke-width="2"/>'
    '<path d="M11 20V8M29 20V8M10 27h2M17 27h12" fill="none" stroke="currentColor" stroke-width="2"/></svg>'
)
