# SPDX-License-Identifier: Apache-2.0
"""Which vendors there are, built in and brought by other packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.locks.wires import SITE, Scripted, account, says

from einlass.locks import registry
from einlass.locks.exivo.driver import ExivoDriver
from einlass.locks.port import LockAccount, LockDriver
from einlass.locks.registry import UnknownVendor, driver_for, vendors


def of(vendor: str, there: LockAccount) -> LockDriver:
    transport = Scripted([says(200, {"id": SITE})])
    return driver_for(vendor, there, before_call=lambda: None, in_transaction=lambda: False, transport=transport)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another package with two entry points: a vendor of its own, and one that pretends to be exivo."""
    metadata = tmp_path / "acme-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[einlass.lock_drivers]\nacme = acme_locks:build\nexivo = acme_locks:build\n")
    (tmp_path / "acme_locks.py").write_text("def build(account, **hooks):\n    return ('acme', sorted(hooks))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._installed.cache_clear()
    yield
    registry._installed.cache_clear()


def test_exivo_is_built_in() -> None:
    driver = of("exivo", account())

    assert isinstance(driver, ExivoDriver)
    assert driver.site(SITE).id == SITE


def test_unknown_vendor_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownVendor, match=r"no lock driver named 'salto'; there are: .*exivo"):
        of("salto", account())


@pytest.mark.usefixtures("installed")
def test_installed_vendor_is_found_and_never_replaces_a_built_in_one() -> None:
    assert {"acme", "exivo"} <= set(vendors())
    acme: object = of("acme", account())
    assert acme == ("acme", ["before_call", "clock", "in_transaction", "transport"])
    assert isinstance(of("exivo", account()), ExivoDriver)
