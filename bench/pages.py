# SPDX-License-Identifier: Apache-2.0
"""The guest's pages on a slow phone: bytes over the wire, and the browser's own figures. Each visit begins with nothing kept."""

from __future__ import annotations

import re
import shutil
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from bench.house import demo

RUNS, RUNS_QUICK = 5, 1
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# A slow phone: 150 ms to the first answer of each request, 1.6 Mbit/s down, 750 kbit/s up, a processor four times slower than ours.
LATENCY_MS, DOWN, UP, SLOWER = 150, 1_600_000 / 8, 750_000 / 8, 4
BUDGET_BYTES, BUDGET_FIRST_PAINT_MS = 60_000, 1000
# The browser goes on loading what a page asks for later; what it paints has settled by then.
SETTLES_MS = 1500
ANSWERS = {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": "078 123 45 67"}
FIGURES = """() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  const navigation = performance.getEntriesByType('navigation')[0];
  const shifts = window.__shifts || [];
  const shift = shifts.reduce((sum, one) => sum + one, 0);
  return {ttfb: navigation.responseStart, fcp: paint ? paint.startTime : 0, lcp: window.__largest || 0, cls: shift};
}"""
WATCH = """
  new PerformanceObserver(l => { for (const e of l.getEntries()) window.__largest = e.startTime; })
    .observe({type: 'largest-contentful-paint', buffered: true});
  window.__shifts = [];
  new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) window.__shifts.push(e.value); })
    .observe({type: 'layout-shift', buffered: true});
"""


@dataclass(slots=True)
class Visit:
    """One page, opened once. Bytes are those on the wire, heads of the answers included, by kind."""

    requests: int = 0
    bytes: dict[str, int] = field(default_factory=dict)
    ttfb: float = 0
    fcp: float = 0
    lcp: float = 0
    cls: float = 0


@dataclass(frozen=True, slots=True)
class PageFigures:
    """A page, the median of its visits; times in milliseconds from the start of the navigation."""

    page: str
    runs: int
    requests: int
    bytes: dict[str, int]
    total_bytes: int
    ttfb_ms: int
    first_contentful_paint_ms: int
    largest_contentful_paint_ms: int
    layout_shift: float


@dataclass(frozen=True, slots=True)
class Way:
    """Where the pages are, found by going the way once, and the cookies that the browser had there."""

    base: str
    addresses: Mapping[str, str]
    cookies: Any


def measure(*, runs: int) -> list[PageFigures]:
    """Every page so many times, in turn, so that what disturbs the machine for a while disturbs all of them."""
    with demo() as base, sync_playwright() as playwright:
        path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        way = _go_once(browser, base)
        visits: dict[str, list[Visit]] = {name: [] for name in way.addresses}
        again: list[Visit] = []
        for _ in range(runs):
            for name, address in way.addresses.items():
                with _phone(browser, way) as context:
                    visits[name].append(_visit(context, address))
                    if name == "when":
                        again.append(_visit(context, address))
        browser.close()
    return [_median(name, found) for name, found in {**visits, "when, again": again}.items()]


def table(pages: Iterable[PageFigures]) -> list[str]:
    """As a person reads it."""
    heads = ("page", "requests", "html", "css", "js", "other", "total", "TTFB", "FCP", "LCP", "shift")
    rows = [
        (
            page.page,
            str(page.requests),
            *(f"{page.bytes.get(kind, 0) / 1000:.1f}" for kind in ("html", "css", "js", "other")),
            f"{page.total_bytes / 1000:.1f} KB",
            f"{page.ttfb_ms} ms",
            f"{page.first_contentful_paint_ms} ms",
            f"{page.largest_contentful_paint_ms} ms",
            f"{page.layout_shift:.3f}",
        )
        for page in pages
    ]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) if not n else cell.rjust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in (heads, *rows)
    ]
    profile = f"Guest pages on a slow phone ({LATENCY_MS} ms, 1.6 Mbit/s, CPU ×{SLOWER} slower), median, first visit; KB over the wire"
    return [profile, *lines, *(_over(page) for page in pages if _over(page))]


def _over(page: PageFigures) -> str:
    """What is more than we allow ourselves."""
    heavy = page.total_bytes > BUDGET_BYTES
    slow = page.first_contentful_paint_ms > BUDGET_FIRST_PAINT_MS
    reasons = [text for true, text in ((heavy, "heavier than 60 KB"), (slow, "first content after more than a second")) if true]
    return f"OVER: {page.page} is {' and has its '.join(reasons)}" if reasons else ""


def _go_once(browser: Browser, base: str) -> Way:
    """Book once, then go as far as the details of another time, as a guest does."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-CH")
    page = context.new_page()
    when, _ = _choose(page, base)
    for key, value in ANSWERS.items():
        page.locator(f"#field-{key}").fill(value)
    page.locator("#who .btn.next").click()
    page.wait_for_url("**/b/**")
    own = page.url.split("?")[0]
    _, details = _choose(page, base)
    cookies = context.cookies()
    context.close()
    return Way(base, {"what": f"{base}/", "when": when, "who": details, "own": own}, cookies)


def _choose(page: Page, base: str) -> tuple[str, str]:
    """The addresses of steps 2 and 3, on the first day of next month that has free times."""
    page.goto(base)
    page.locator(".offer a").first.click()
    page.wait_for_selector("#times")
    when = page.url.split("?")[0]
    month = page.locator("#month").inner_text()
    page.locator(".month-head a").last.click()
    page.wait_for_function("month => document.querySelector('#month').innerText !== month", arg=month)
    page.locator("label.slot").first.click()
    page.wait_for_function("() => /\\d\\d:\\d\\d/.test(document.querySelector('.next-bar strong').innerText)")
    page.locator(".next-bar .btn").click()
    page.wait_for_url(re.compile("details"))
    return when, page.url


class _phone:  # noqa: N801 - reads as the word in the with statement
    """A browser that has kept nothing but the cookies of the way."""

    def __init__(self, browser: Browser, way: Way) -> None:
        self._context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-CH", device_scale_factor=2)
        self._context.add_cookies(way.cookies)

    def __enter__(self) -> BrowserContext:
        return self._context

    def __exit__(self, *_: object) -> None:
        self._context.close()


def _visit(context: BrowserContext, address: str) -> Visit:
    page = context.new_page()
    page.add_init_script(WATCH)
    devtools = context.new_cdp_session(page)
    visit = Visit()
    _count_bytes(devtools, visit)
    _slow_down(devtools)
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLES_MS)
    found = page.evaluate(FIGURES)
    visit.ttfb, visit.fcp, visit.lcp, visit.cls = found["ttfb"], found["fcp"], found["lcp"], found["cls"]
    page.close()
    return visit


def _slow_down(devtools: CDPSession) -> None:
    network = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": DOWN, "uploadThroughput": UP}
    devtools.send("Network.emulateNetworkConditions", network)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _count_bytes(devtools: CDPSession, visit: Visit) -> None:
    """What really came over the wire: what the browser had kept counts nothing."""
    kinds: dict[str, str] = {}
    names = {"Document": "html", "Stylesheet": "css", "Script": "js"}

    def answered(event: Any) -> None:
        kinds[event["requestId"]] = names.get(event["type"], "other")

    def finished(event: Any) -> None:
        size, kind = int(event["encodedDataLength"]), kinds.get(event["requestId"], "other")
        if size:
            visit.requests += 1
            visit.bytes[kind] = visit.bytes.get(kind, 0) + size

    devtools.on("Network.responseReceived", answered)
    devtools.on("Network.loadingFinished", finished)
    devtools.send("Network.enable")


def _median(name: str, visits: list[Visit]) -> PageFigures:
    def middle(figure: Callable[[Visit], float]) -> float:
        return statistics.median(figure(visit) for visit in visits)

    sizes = {kind: round(middle(lambda visit, kind=kind: visit.bytes.get(kind, 0))) for kind in ("html", "css", "js", "other")}  # type: ignore[misc] # a default of a lambda has no type
    return PageFigures(
        page=name,
        runs=len(visits),
        requests=round(middle(lambda visit: visit.requests)),
        bytes=sizes,
        total_bytes=round(middle(lambda visit: sum(visit.bytes.values()))),
        ttfb_ms=round(middle(lambda visit: visit.ttfb)),
        first_contentful_paint_ms=round(middle(lambda visit: visit.fcp)),
        largest_contentful_paint_ms=round(middle(lambda visit: visit.lcp)),
        layout_shift=round(middle(lambda visit: visit.cls), 4),
    )
