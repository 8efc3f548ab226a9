# SPDX-License-Identifier: Apache-2.0
"""The four failures, told apart; and how a driver behaves in our house."""

from __future__ import annotations

import itertools
import traceback

import pytest

from einlass.locks.contract.vendor import (
    WAIT_SECONDS,
    Fault,
    Vendor,
    acts,
    an_order,
    is_the_order,
    nothing,
    outside,
    plain_driver,
    questions,
)
from einlass.locks.port import LockFailure, LockNeedsOperator, LockOutcomeUnknown, LockUnavailable


class FailuresContract:
    """What may have been applied is never taken for what was not."""

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.NONSENSE])
    def test_creating_without_an_answer_has_an_unknown_outcome(self, vendor: Vendor, fault: Fault) -> None:
        """A driver that has to read first, because a key is part of something larger, is told before it sends."""
        driver = plain_driver(vendor)
        driver.components(vendor.site_id)
        vendor.make(fault)

        with pytest.raises((LockOutcomeUnknown, LockUnavailable)) as failed:
            driver.issue(vendor.site_id, an_order(vendor))

        sent = vendor.creations()
        assert (sent, fault in {Fault.ANSWER_LOST, Fault.REQUEST_LOST} and not sent) == (int(failed.type is LockOutcomeUnknown), False)

    def test_lost_answer_is_found_by_its_marker(self, vendor: Vendor) -> None:
        """F02: adopted, not made a second time."""
        driver, order = plain_driver(vendor), an_order(vendor)
        driver.components(vendor.site_id)
        vendor.make(Fault.ANSWER_LOST)
        with pytest.raises(LockOutcomeUnknown):
            driver.issue(vendor.site_id, order)
        vendor.make(Fault.NONE)

        listing = driver.listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.complete, [is_the_order(key, order) for key in listing.keys]) == (True, [True])

    def test_lost_request_is_absent_from_a_complete_listing(self, vendor: Vendor) -> None:
        """F01: only this permits a second creation."""
        driver = plain_driver(vendor)
        driver.components(vendor.site_id)
        vendor.make(Fault.REQUEST_LOST)
        with pytest.raises(LockOutcomeUnknown):
            driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(Fault.NONE)

        listing = driver.listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.complete, listing.keys) == (True, ())

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.NONSENSE])
    def test_revoking_without_an_answer_has_an_unknown_outcome(self, vendor: Vendor, fault: Fault) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(fault)

        with pytest.raises((LockOutcomeUnknown, LockUnavailable)) as failed:
            driver.revoke(vendor.site_id, issued.id)

        sent = vendor.revocations()
        assert (sent, fault in {Fault.ANSWER_LOST, Fault.REQUEST_LOST} and not sent) == (int(failed.type is LockOutcomeUnknown), False)

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.NONSENSE])
    @pytest.mark.parametrize("question", range(4))
    def test_reading_without_an_answer_is_unavailable(self, vendor: Vendor, question: int, fault: Fault) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(fault)

        with pytest.raises(LockUnavailable) as failed:
            questions(driver, vendor, issued.id)[question]()

        assert failed.value.throttled is False

    def test_throttling_is_told_with_its_wait(self, vendor: Vendor) -> None:
        """F05, also where something was to be changed: a request that is turned away was not applied."""
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(Fault.THROTTLED)

        for act in acts(driver, vendor, issued.id):
            with pytest.raises(LockUnavailable) as failed:
                act()
            assert (failed.value.throttled, failed.value.retry_after) == (True, WAIT_SECONDS)

    def test_rejected_credentials_need_the_operator(self, vendor: Vendor) -> None:
        driver = vendor.rejected_driver()

        for act in acts(driver, vendor, "no-such-key"):
            with pytest.raises(LockNeedsOperator) as failed:
                act()
            assert failed.value.what == "credentials"

    def test_unknown_site_needs_the_operator(self, vendor: Vendor) -> None:
        with pytest.raises(LockNeedsOperator) as failed:
            plain_driver(vendor).site("no-such-site")

        assert (failed.value.what, failed.value.reason) == ("site", "unknown_site")

    # How it behaves in our house

    def test_nothing_is_asked_inside_a_transaction(self, vendor: Vendor) -> None:
        driver = vendor.driver(before_call=nothing, in_transaction=lambda: True)

        for act in acts(driver, vendor, "some-key"):
            with pytest.raises(RuntimeError):
                act()

        assert vendor.calls() == 0

    def test_hook_is_called_before_every_call(self, vendor: Vendor) -> None:
        hooked: list[int] = []
        driver = vendor.driver(before_call=lambda: hooked.append(vendor.calls()), in_transaction=outside)
        issued = driver.issue(vendor.site_id, an_order(vendor))

        for act in acts(driver, vendor, issued.id):
            act()

        assert hooked == list(range(vendor.calls()))

    def test_hook_stops_the_call(self, vendor: Vendor) -> None:
        class LeaseLost(Exception):
            pass

        def lost() -> None:
            raise LeaseLost

        driver = vendor.driver(before_call=lost, in_transaction=outside)

        for act in acts(driver, vendor, "some-key"):
            with pytest.raises(LeaseLost):
                act()
        assert vendor.calls() == 0

    def test_secrets_and_phones_stay_inside(self, vendor: Vendor) -> None:
        """I10: neither the driver's repr, nor a failure, nor its traceback shows a secret or the guest's number."""
        driver, shown = plain_driver(vendor), [repr(vendor.rejected_driver())]
        issued = driver.issue(vendor.site_id, an_order(vendor))
        shown.append(repr(driver))

        for fault, act in itertools.product(Fault, acts(driver, vendor, issued.id)):
            vendor.make(fault)
            try:
                act()
            except LockFailure as failure:
                shown += [repr(failure), failure.detail, "".join(traceback.format_exception(failure))]

        everything = "\n".join(shown)
        assert [secret for secret in (*vendor.secrets, vendor.phone) if secret in everything] == []
