"""Locked means locked: no process has a key or a word in memory. The browser's own may have what was typed (D-54)."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from nullabona.client.api import Client
from tests.api.service import Service
from tests.browser.conftest import seat
from tests.browser.elsewhere import Elsewhere
from tests.browser.entering import PASSPHRASE, heading, section, unlock
from tests.browser.memory import family, found
from tests.browser.person import Person
from tests.browser.setting import make, protect

SAID = "우리 비밀 장소는 등대 아래야 서쪽 계단"
SENT = "방앗간 뒤에서 아홉 시에 만나자 꼭"
PATIENCE_S = 40.0

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the memory of the app is readable by root only")


def secrets_of(client: Client) -> dict[str, bytes]:
    """Keys that open everything."""
    root = client._session.account().root
    return {
        "database key": client._session.profile._key,
        "account's secret": root.secret,
        "identity": root.identity_seed(),
        "24 words": client.account.phrase("korean").encode()[:60],
    }


def texts(**said: str) -> dict[str, bytes]:
    """As Python and browsers keep them."""
    return {f"{name} ({form})": text.encode(form) for name, text in said.items() for form in ("utf-8", "utf-16-le")}


def everywhere(person: Person, marks: dict[str, bytes]) -> dict[str, dict[str, int]]:
    """What is in which process: the app's and what it started, and all of the browser's."""
    kin = {**family(str(person.profile)), person.pid: "app"} | family(person.disk)
    return {f"{kind} {pid}": counts for pid, kind in kin.items() if (counts := found(pid, marks))}


def without_typed(left: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Without what was typed in the browser's own process, through which all of that goes (D-54)."""
    typed = ("sent ", "passphrase ")
    kept = {
        process: {
            name: count
            for name, count in counts.items()
            if not (process.startswith("browser ") and name.startswith(typed))
        }
        for process, counts in left.items()
    }
    return {process: counts for process, counts in kept.items() if counts}


@needs_root
@pytest.mark.slow
def test_after_the_lock_no_process_has_a_key_or_a_word(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """Before, the app has the keys and the page the words. After the lock the app is another program image under the
    same number, and the page another process; a message that was sent and one that was read are in neither.
    """
    made, _ = make(service, tmp_path, "미나", "jun", group="등대지기", said=(SAID,))
    with Elsewhere(made.profile) as client:
        marks = client.look(secrets_of) | texts(said=SAID, sent=SENT, passphrase=PASSPHRASE)
    mina = seat(chromium, service, seats, protect(made, PASSPHRASE))
    unlock(mina)
    mina.enter("등대지기")
    mina.sees(SAID)
    mina.say(SENT)
    mina.sees(SENT)
    before, pid = everywhere(mina, marks), mina.pid
    assert {"database key", "account's secret"} <= before[f"app {pid}"].keys()
    assert any("sent" in name for counts in before.values() for name in counts)
    section(mina, "잠그기", "")
    mina.page.wait_for_url("**/locked", wait_until="commit", timeout=60_000)
    heading(mina, "잠겨 있어요", "")
    end = time.monotonic() + PATIENCE_S
    while (left := without_typed(everywhere(mina, marks))) and time.monotonic() < end:
        mina.page.wait_for_timeout(1_000)
    assert left == {}
    assert pid == mina.pid
    unlock(mina)
    expect(mina.chat("등대지기")).to_be_visible()
    mina.enter("등대지기")
    mina.sees(SENT)
