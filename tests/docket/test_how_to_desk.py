"""How to run the desk and publish its record, played as written, in both languages.

What stands between the blocks (people at their browsers, a day that passes) is done by an HTTP client with a software
authenticator, on a machine whose clock the test sets. systemd is not there: a stand-in stops and starts the console.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.docket.keeping.vault import new_identity
from nullabona.docket.site import read_publication
from nullabona.processes.ports import free_port
from tests.docket.machine import PERIOD_S, Machine
from tests.docket.pages import HOW_TO, Shell, blocks
from tests.docket_console.place import Caller, Place

pytestmark = [pytest.mark.timeout(1_200)]
DAY_S: Final = 86_400
LANGUAGES: Final = {"en": "", "ko": ".ko"}
SYSTEMCTL: Final = """#!/bin/bash
[ "$2" = nullabona-desk ] || exit 4
case "$1" in
stop) kill "$(cat console.pid)"; while kill -0 "$(cat console.pid)" 2> /dev/null; do sleep 0.1; done ;;
start) {serve} > console.log 2>&1 & echo $! > console.pid ;;
esac
"""


@dataclass
class Desk:
    """A founded desk, a shell beside it, and where its console is."""

    folder: Path
    shell: Shell
    machine: Machine
    place: Place

    def listening(self) -> None:
        """Waits until the console answers, and notes its process."""
        self.shell.run("until grep -qs ready console.log; do sleep 0.2; done; echo $console > console.pid")

    def link(self, said: str) -> str:
        """The token of an invitation."""
        found = re.search(re.escape(self.place.origin) + r"/enrol#(\S+)", said)
        assert found, said
        return found[1]

    def identity(self, name: str) -> str:
        """What stands in an officer's file."""
        return str(json.loads((self.folder / f"{name}.officer").read_text("utf-8"))["identity"])

    def enter(self, name: str) -> Caller:
        """Somebody who founded the desk adds two authenticators."""
        caller = Caller(self.place, name)
        said = self.shell.run(f"nulla docket invite {name} --name {name} --known --origin https://desk.example")
        assert 200 == caller.enrol(self.link(said), self.identity(name)).status
        return caller


@contextmanager
def founded(folder: Path, language: str, before_s: int) -> Iterator[Desk]:
    """A desk as the page of this language founds it, with periods of an hour and the witness of the page."""
    SqliteCardStore(folder / "relay").close()
    place, machine = Place(folder), Machine(folder, before_s)
    instead = {
        "https://desk.example": place.origin,
        "127.0.0.1:8450": f"127.0.0.1:{place.port}",
        "127.0.0.1:8451": f"127.0.0.1:{free_port()}",
        "--period 30 --trial": f"--period {PERIOD_S}",
        "/srv/record": str(folder / "site"),
    }
    tools = folder / "tools"
    tools.mkdir()
    serve = f"nulla docket serve --origin {place.origin} --listen 127.0.0.1:{place.port}"
    (tools / "systemctl").write_text(SYSTEMCTL.format(serve=serve))
    (tools / "systemctl").chmod(0o755)
    with Shell(folder, instead, **machine.env) as shell:
        shell.run(f'export PATH="{tools}:$PATH"')
        page = blocks(f"answer-a-warrant{LANGUAGES[language]}.md")
        for block in page[: 1 + next(at for at, block in enumerate(page) if "docket init" in block)]:
            shell.run(block)
        yield Desk(folder, shell, machine, place)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_is_run_as_written(tmp_path: Path, language: str) -> None:
    """Served, a founder let in, another officer invited and recovered a day later, a copy made and put back."""
    serve, invite, admit, newcomer, recover, copy, back = blocks(f"run-the-legal-desk{LANGUAGES[language]}.md")
    with founded(tmp_path, language, before_s=40 * DAY_S) as desk:
        desk.shell.run(serve)
        desk.listening()
        ina = Caller(desk.place, "ina")
        assert 200 == ina.enrol(desk.link(desk.shell.run(invite)), desk.identity("ina")).status
        desk.shell.run(admit)
        desk.listening()
        assert 200 == ina.sign_in().status
        recovered(desk, admit, newcomer, recover)
        copied(desk, copy, back)


def recovered(desk: Desk, admit: str, newcomer: str, recover: str) -> None:
    """Mina is invited as written, and loses both authenticators. Her new link comes after a day, and not before."""
    ada, ben, mina = desk.enter("ada"), desk.enter("ben"), Caller(desk.place, "mina")
    sheet = mina.enrol(desk.link(desk.shell.run(newcomer))).json()["identity"]
    by_ada = "\n".join(f"nulla docket --officer ada.officer admit {name}" for name in ("ben", "mina"))
    admitted = admit.replace("--officer ada.officer admit ina", f"--officer ben.officer admit ada\n{by_ada}")
    desk.shell.run(admitted.replace("ben.officer officer confirm", "cora.officer officer confirm"))
    desk.listening()
    for admin, path in ((ada, "/officers/mina/recover"), (ben, "/officers/mina/recover/second")):
        assert 200 == admin.sign_in().status
        admin.does(path)
    desk.shell.run(f"! {recover}")
    desk.machine.pass_(DAY_S)
    assert 200 == mina.enrol(desk.link(desk.shell.run(recover)), sheet).status


def copied(desk: Desk, copy: str, back: str) -> None:
    """Nothing of it can be read without its key; put back, it publishes the next period."""
    key, recipient = new_identity()
    (desk.folder / "backup.key").write_text(key)
    (desk.folder / "backup.key").chmod(0o600)
    (desk.folder / "backup.recipient").write_text(recipient)
    desk.shell.run(copy)
    (made,) = desk.folder.glob("desk-*.age")
    assert b"docket.toml" not in made.read_bytes()
    desk.shell.run("systemctl stop nullabona-desk")
    desk.machine.to_next_batch()
    assert re.search(r"^[0-9 ]+$", desk.shell.run(back).strip(), re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_record_is_published_as_written(tmp_path: Path, language: str) -> None:
    """The half-year ends, its report is entered by two, and the pages are made from the log alone."""
    report, pages = blocks(f"publish-the-record{LANGUAGES[language]}.md")
    with founded(tmp_path, language, before_s=PERIOD_S + 60) as desk:
        for _ in range(2):
            desk.machine.to_next_batch()
            desk.shell.run("nulla docket publish-due --clock-is-right")
        desk.shell.run(report)
        desk.machine.to_next_batch()
        desk.shell.run("nulla docket publish-due")
        said = desk.shell.run(pages)
    assert {"ko/figures.html", "en/figures.html", "data/publication.json"} <= set(said.split())
    made = read_publication((tmp_path / "site/data/publication.json").read_bytes())
    assert made.report_index is not None
    assert made.log is not None
    assert ["newspaper"] == [witness.name for witness in made.log.witnesses if witness.seen_s]


COMMAND: Final = re.compile(r"^ {4}(\.venv/bin/)?(nulla|systemctl|tar|age|make|mkdir|cat|sed) ", re.MULTILINE)
PAGES: Final = ("answer-a-warrant", "run-the-legal-desk", "publish-the-record")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_commands_is_played(page: str) -> None:
    """None stands where the player does not look; both languages give the same commands but for names of people."""
    english, korean = ((HOW_TO / f"{page}{end}.md").read_text("utf-8") for end in ("", ".ko"))
    assert [] == [*COMMAND.finditer(english), *COMMAND.finditer(korean)]


@pytest.mark.parametrize("page", PAGES[1:])
def test_both_languages_give_the_same_commands(page: str) -> None:
    """Names of people, of officers and of languages aside."""
    english, korean = (
        [re.sub(r'"[^"]*"|--officer \w+\.officer|\bina\b', "…", block) for block in blocks(f"{page}{end}.md")]
        for end in ("", ".ko")
    )
    assert english == korean
