# SPDX-License-Identifier: Apache-2.0
"""The emulator over a real connection: answers kept open, lost, reset; and the command that starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic

import httpx2
import pytest
from tests.emulator.conftest import BERN, KEY, SECRET, payload

from exivo_emulator import create_app, demo_building
from exivo_emulator.__main__ import main
from exivo_emulator.server import serve


@pytest.fixture
def server() -> Iterator[str]:
    running = serve(create_app(demo_building()), host="127.0.0.1", port=0)
    thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def client(server: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{server}/v1/{BERN}", auth=(KEY, SECRET), timeout=5) as found:
        yield found


FUTURE = {"validFrom": "2099-01-12T12:45:00Z", "validTo": "2099-01-12T17:15:00Z"}


def faults(server: str, *plan: dict[str, object]) -> None:
    assert httpx2.post(f"{server}/control/faults", json=list(plan)).status_code == 200


def keys(server: str) -> int:
    return len(httpx2.get(f"{server}/control/keys").json())


def test_connections_are_kept(server: str, client: httpx2.Client) -> None:
    streams = set()
    for _ in range(5):
        answer = client.post("/digitalKeyVisits", json=payload(**FUTURE))
        assert answer.status_code == 200
        streams.add(answer.extensions["network_stream"].get_extra_info("client_addr"))

    assert len(streams) == 1
    assert keys(server) == 5


def test_answers_without_a_body_keep_the_connection_in_step(client: httpx2.Client) -> None:
    created = client.post("/digitalKeyVisits", json=payload(**FUTURE)).json()

    assert client.post(f"/digitalKeyVisit/{created['id']}/revoke").status_code == 204
    assert client.get("/digitalKeyVisit/nothing").status_code == 404
    assert client.head("/info").status_code == 200
    assert client.get(f"/digitalKeyVisit/{created['id']}").json()["revoked"] is True


@pytest.mark.parametrize(("kind", "applied"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_reaches_the_client(server: str, client: httpx2.Client, kind: str, applied: int) -> None:
    faults(server, {"kind": kind, "times": 1})

    with pytest.raises(httpx2.ReadError):
        client.post("/digitalKeyVisits", json=payload(**FUTURE))

    assert keys(server) == applied
    assert client.get("/info").status_code == 200


@pytest.mark.parametrize(("kind", "applied"), [("timeout_before", 0), ("timeout_after", 1), ("drop", 0)])
def test_the_client_gives_up_while_others_are_served(server: str, client: httpx2.Client, kind: str, applied: int) -> None:
    faults(server, {"kind": kind, "times": 1})

    with pytest.raises(httpx2.ReadTimeout):
        client.post("/digitalKeyVisits", json=payload(**FUTURE), timeout=0.2)

    assert keys(server) == applied


def test_a_silent_connection_is_closed_when_its_time_is_over(server: str, client: httpx2.Client) -> None:
    faults(server, {"kind": "timeout_before", "seconds": 0.2})

    with pytest.raises(httpx2.RemoteProtocolError):
        client.get("/info")


def test_slow_holds_one_answer_only(server: str, client: httpx2.Client) -> None:
    faults(server, {"kind": "slow", "seconds": 0.3, "times": 1})
    began = monotonic()

    assert client.get("/info").status_code == 200
    assert monotonic() - began >= 0.3


def test_the_command_serves_and_stops(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-m", "exivo_emulator", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    with process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        try:
            assert httpx2.get(f"{address}control/clock").status_code == 200
        finally:
            process.terminate()
        assert process.wait(timeout=10) == 0


def test_a_wrong_building_file_is_an_error_of_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.yaml").write_text("name: x\n")

    assert main(["--port", "0", "--building", str(tmp_path / "b.yaml")]) == 2
    assert "account is missing" in capsys.readouterr().err


def test_an_address_that_is_taken_is_said(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", server.rsplit(":", 1)[1]]) == 1
    assert "Cannot listen" in capsys.readouterr().err
