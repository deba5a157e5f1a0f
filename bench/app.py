"""App bench: what a person feels. Real relay, real app process, real Chromium, a profile with years of history.

Prints: the first screen of a profile with 200 rooms and 100,000 messages in one of them; from Enter to the painted
bubble while 50 messages a second arrive; memory of page and process meanwhile; the frames of scrolling through it all.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from bench._app_profile import fill
from bench.latency import relay
from nullabona.client.api import Client, ContactRequested, Joined, Unprotected, open_client
from nullabona.processes.program import Program, nulla

FRAME_MS: Final = 50
OPENINGS: Final = 5
TAB_MS: Final = 1_000
COMPOSER: Final = ".composer textarea"
_SEND: Final = """([text, selector]) => new Promise((done) => {
  const box = document.querySelector(selector);
  const began = performance.now();
  const seen = new MutationObserver(() => {
    const found = [...document.querySelectorAll('article[data-message]')].some((m) => m.textContent.includes(text));
    if (!found) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  });
  seen.observe(document.body, { childList: true, subtree: true, characterData: true });
  box.value = text;
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
})"""
_FRAMES: Final = """() => { window.__frames = []; let last = performance.now();
  const next = (now) => { window.__frames.push(now - last); last = now; window.__raf = requestAnimationFrame(next); };
  requestAnimationFrame(next); }"""

_FRAMES_END: Final = "() => { cancelAnimationFrame(window.__raf); return window.__frames.slice(2); }"


@dataclass
class Report:
    """Milliseconds and mebibytes."""

    machine: str
    process_ms: list[float] = field(default_factory=list)
    """From the start of the process to its launch file, per opening."""
    first_screen_ms: list[float] = field(default_factory=list)
    """From opening the page in a tab to its chat list, painted, per opening."""
    send_p50: float = 0.0
    send_p95: float = 0.0
    arrived: int = 0
    arrive_s: float = 0.0
    heap_mib: list[float] = field(default_factory=list)
    process_mib: list[float] = field(default_factory=list)
    frames: int = 0
    frames_over_50: int = 0
    slowest_frame: float = 0.0
    scrolled: int = 0


class App:
    """``nulla app`` as a process, its modules compiled by an earlier start, as those of an installed one are."""

    def __init__(self, profile: Path, host: str) -> None:
        compiled = {"PYTHONPYCACHEPREFIX": str(profile.parent / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
        began = time.perf_counter()
        command = nulla("app", "--no-browser", "--json", "--profile", str(profile), "--relay", host)
        self.process = Program(command, env=os.environ | compiled)
        self.url: str = self.process.ready["url"]
        self.started_ms = (time.perf_counter() - began) * 1_000

    @property
    def rss_mib(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self) -> None:
        """End it."""
        self.process.stop()


def first_screen(browser: Browser, profile: Path, host: str, report: Report) -> None:
    """Once to warm up, then as often as is counted.

    The tab is there and at rest before the page is opened in it: a running browser keeps a process ready for the next
    tab, while the one that is made here would still be starting on the processors that the page needs.
    """
    for counted in [False] + [True] * OPENINGS:
        app = App(profile, host)
        page = browser.new_context().new_page()
        page.wait_for_timeout(TAB_MS)
        began = time.perf_counter()
        page.goto(app.url, wait_until="commit")
        page.locator("button[data-room]").first.wait_for()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        if counted:
            report.first_screen_ms.append((time.perf_counter() - began) * 1_000)
            report.process_ms.append(app.started_ms)
        page.context.close()
        app.stop()


def scroll(browser: Browser, profile: Path, host: str, room: str, seconds: float, report: Report) -> None:
    """From the newest message upwards by the wheel, for some time."""
    app = App(profile, host)
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(app.url)
    page.locator("button[data-room]").filter(has_text=room).click()
    messages = page.locator("article[data-message]")
    messages.first.wait_for()
    page.mouse.move(800, 400)
    page.wait_for_timeout(500)
    page.evaluate(_FRAMES)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        page.mouse.wheel(0, -1_200)
        page.wait_for_timeout(16)
    frames: list[float] = page.evaluate(
        "() => { cancelAnimationFrame(window.__raf); return window.__frames.slice(2); }"
    )
    report.frames, report.slowest_frame = len(frames), max(frames)
    report.frames_over_50 = sum(1 for frame in frames if frame > FRAME_MS)
    number = messages.first.inner_text()
    report.scrolled = 100_000 - max((int(word) for word in number.split() if word.isdigit()), default=100_000)
    page.context.close()
    app.stop()


class Flood:
    """A friend in a process thread of their own who writes 50 messages a second."""

    def __init__(self, folder: Path, host: str, rate: float) -> None:
        self._folder, self._host, self._rate = folder, host, rate
        self.sent = 0
        self.ready = threading.Event()
        self.go, self.end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    @contextlib.contextmanager
    def running(self) -> Iterator[Flood]:
        """Acquainted with the reader; floods once ``go`` is set."""
        self._thread.start()
        self.ready.wait(60)
        try:
            yield self
        finally:
            self.end.set()
            self._thread.join()

    async def _run(self) -> None:
        async with open_client(self._folder / "writer", unlock=Unprotected(), create=True) as writer:
            await writer.account.create(f"writer@{self._host}")
            await writer.account.wait_published()
            async with open_client(self._folder / "reader", unlock=Unprotected(), create=True) as reader:
                room = await acquaint(writer, reader, self._host)
                await reader.sync()
            await writer.sync()
            self.ready.set()
            await asyncio.to_thread(self.go.wait)
            began = time.perf_counter()
            while not self.end.is_set():
                await writer.messages.send(room, f"메시지 {self.sent} — 안녕하세요, 잘 지내세요?")
                self.sent += 1
                await asyncio.sleep(max(0.0, began + self.sent / self._rate - time.perf_counter()))


async def acquaint(writer: Client, reader: Client, host: str) -> bytes:
    """Make the reader's account and a direct room; its id."""
    await reader.account.create(f"reader@{host}")
    await reader.account.wait_published()
    await writer.contacts.request(f"reader@{host}")
    async for event in reader.events(after=0):
        if isinstance(event, ContactRequested):
            break
    room = (await reader.contacts.accept(f"writer@{host}")).room
    async for event in writer.events(after=0):
        if isinstance(event, Joined):
            break
    return room


def send_under_load(browser: Browser, folder: Path, host: str, seconds: float, report: Report) -> None:
    """Send while the friend floods; note memory now and then."""
    with Flood(folder, host, 50).running() as flood:
        app = App(folder / "reader", host)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(app.url)
        page.locator("button[data-room]").filter(has_text="writer").click()
        page.locator(COMPOSER).wait_for()
        flood.go.set()
        times = _send_for(page, app, seconds, report, flood)
        report.arrived = flood.sent
        report.send_p50 = statistics.median(times)
        report.send_p95 = sorted(times)[len(times) * 95 // 100]
        page.context.close()
        app.stop()


def _send_for(page: Page, app: App, seconds: float, report: Report, flood: Flood) -> list[float]:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    times: list[float] = []
    began = time.perf_counter()
    note_at = 0.0
    while (spent := time.perf_counter() - began) < seconds:
        if spent >= note_at:
            note_at += seconds / 8
            session.send("HeapProfiler.collectGarbage")
            metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
            heap = next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")
            report.heap_mib.append(round(heap / 2**20, 1))
            report.process_mib.append(round(app.rss_mib, 1))
        times.append(page.evaluate(_SEND, [f"보냄 {len(times)}.", COMPOSER]))
        page.wait_for_timeout(200)
    report.arrive_s = time.perf_counter() - began
    assert flood.sent > 0
    return times


def run(seconds: float, messages: int, rooms: int) -> Report:
    """All of it, in a directory of its own."""
    report = Report(f"{platform.machine()}, {os.cpu_count()} cores, software rendering")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with tempfile.TemporaryDirectory() as name, relay(Path(name) / "relay") as host, sync_playwright() as playwright:
        folder = Path(name)
        thread: list[str] = []
        making = threading.Thread(
            target=lambda: thread.append(
                asyncio.run(fill(folder / "old", f"mina@{host}", f"ws://{host}", rooms=rooms, long=messages, short=250))
            )
        )
        making.start()
        making.join()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        first_screen(browser, folder / "old", host, report)
        scroll(browser, folder / "old", host, thread[0], min(seconds, 60), report)
        send_under_load(browser, folder, host, seconds, report)
        browser.close()
    return report


def _spread(times: list[float]) -> str:
    return f"median {statistics.median(times):.0f}  worst {max(times):.0f} of {len(times)} ms"


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long messages arrive (1200: the long run)")
    parser.add_argument("--messages", type=int, default=100_000, help="in the long room")
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = run(given.seconds, given.messages, given.rooms)
    if given.json:
        print(json.dumps(asdict(report)))
        return
    print(f"the app on {report.machine}; {given.rooms} rooms, {given.messages:,} messages in one")
    print(f"  first screen  {_spread(report.first_screen_ms)} after opening the page (bar: 700)")
    print(f"                {_spread(report.process_ms)} before that to start the process")
    rate, seconds = report.arrived / report.arrive_s, report.arrive_s
    print(f"  send to painted, {rate:.0f} messages/s arriving for {seconds:.0f} s (bar: 35 at 95 %)")
    print(f"                median {report.send_p50:.1f}  95 % {report.send_p95:.1f} ms")
    print(f"                page heap MiB {report.heap_mib}")
    print(f"                process MiB   {report.process_mib}")
    print(f"  scrolled past {report.scrolled:,} messages (bar: no frame over {FRAME_MS} ms)")
    print(
        f"                {report.frames} frames, {report.frames_over_50} over, slowest {report.slowest_frame:.0f} ms"
    )


if __name__ == "__main__":
    main()
