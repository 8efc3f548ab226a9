# SPDX-License-Identifier: Apache-2.0
"""`python -m exivo_emulator --port N [--host H] [--building FILE]`: serve the emulator until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from exivo_emulator.app import create_app
from exivo_emulator.building import BuildingError, demo_building, load_building
from exivo_emulator.inventory import Building
from exivo_emulator.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 2 for wrong usage, 1 when the address is taken."""
    options = _parser().parse_args(arguments)
    try:
        building: Building = load_building(options.building) if options.building else demo_building()
    except BuildingError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command speaks on standard error
        return 2
    try:
        server = serve(create_app(building), host=options.host, port=options.port)
    except (OSError, SystemExit) as error:
        print(f"Cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    signal.signal(signal.SIGTERM, _stop)
    print(f"exivo emulator: http://{options.host}:{server.server_port}/", flush=True)  # noqa: T201 - the address is the output
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m exivo_emulator", description="An emulator of exivo's cloud, with a building to play with."
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--building", type=Path, help="building file (default: the demo building)")
    return parser


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
