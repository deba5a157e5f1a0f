"""Everything is started and used once, and nothing is there that was not declared: no file, column, count or line."""

from __future__ import annotations

import ast
import os
import re
import sqlite3
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from nullabona.app.protocol import pushes as p
from nullabona.client.held import DEVICE_FILES
from nullabona.directory.store import schema as directory
from nullabona.docket.console.store import schema as console
from nullabona.docket.ports import Publication
from nullabona.docket.store import schema as docket
from nullabona.drills.expert.declared import undeclared_lines
from nullabona.processes.program import nulla
from nullabona.relay.metrics import Metrics
from nullabona.relay.store import schema as relay
from nullabona.relay.store.interface import StoreGone
from nullabona.sequencer.store import schema as log
from nullabona.wire.data_held import Column, DataFile
from nullabona.wire.telemetry import LOG_LINES, RELAY_METRICS
from nullabona.witness.store import schema as witness
from nullabona.words.catalogue import Language
from nullabona.words.errors import translated_error
from tests.api.people import PATIENCE_S, befriend, new_name, play, until
from tests.api.people import people as api_people
from tests.app.person import Person
from tests.app.wire import Loop
from tests.docket_console.place import Caller, Place
from tests.drills.declared import undeclared_columns, undeclared_counts, undeclared_files
from tests.operator.office import LiveOffice, OperatorService

SOURCE = Path(__file__).parents[2] / "src/nullabona"
OPERATORS = ("relay", "directory", "docket", "witness", "sequencer", "log", "machine")
"""Packages that run on an operator's machine."""


# -- the declarations and the source ------------------------------------------------------------------------------


def lines_in_the_source() -> Iterator[tuple[str, object, int]]:
    """Logger, text and number of fields of every line that an operator's packages write."""
    for package in OPERATORS:
        for path in (SOURCE / package).rglob("*.py"):
            text = path.read_text("utf-8")
            logger = re.search(r'getLogger\("([^"]+)"\)', text)
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)] if logger else []
            for call in calls:
                if logger is not None and _is_logging(call.func):
                    first, *others = call.args
                    yield logger[1], first.value if isinstance(first, ast.Constant) else path.name, len(others)


def _is_logging(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute) or called.attr not in LEVELS:
        return False
    return isinstance(called.value, ast.Name) and called.value.id == "_log"


LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def test_every_line_in_the_source_is_declared() -> None:
    """Word for word, with a name for each of its fields; and what is declared is written somewhere."""
    assert {(line.logger, line.text, len(line.fields)) for line in LOG_LINES} == set(lines_in_the_source())


def test_nobody_logs_by_another_way() -> None:
    """Every logger of the operator's packages is called ``_log``, so that the test above sees it; none prints."""
    for package in OPERATORS:
        for path in (SOURCE / package).rglob("*.py"):
            text = path.read_text("utf-8")
            assert text.count("getLogger(") <= text.count('_log: Final = logging.getLogger("nullabona.'), path
            assert not re.search(r"\bprint\(|\blogging\.(debug|info|warning|error|exception|critical)\(", text), path


def test_every_count_is_declared() -> None:
    """What the relay counts are the declared numbers; a label is one of those declared."""
    metrics = Metrics()
    counted_here = {name for name in vars(metrics) if not name.startswith("_")}
    measured = {metric.name: {"a": 1} if metric.label and not metric.values else 50 for metric in RELAY_METRICS}
    assert counted_here < measured.keys()
    metrics.publish(0, lambda: {name: value for name, value in measured.items() if name not in counted_here})
    assert set() == undeclared_counts(metrics.text())
    families = {line.split()[2] for line in metrics.text().splitlines() if line.startswith("# TYPE")}
    assert {metric.shown_as for metric in RELAY_METRICS} == families
    assert all(metric.purpose and metric.retention and metric.legal_class for metric in (*RELAY_METRICS, *LOG_LINES))


# -- the comparison bites ------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with one declared file, a database with one declared column."""
    with closing(sqlite3.connect(tmp_path / "kept.db")) as db:
        db.execute("CREATE TABLE box (address)")
    return tmp_path


FILES = (DataFile("kept.db", "", "", ""), DataFile("blobs/<expiry day>/<2 hex>/<62 hex>", "", "", ""))
COLUMNS = (Column("box", "address", "", "", ""),)


def test_a_file_that_nobody_declared_is_told(data: Path) -> None:
    """In any folder, whatever it is called, sockets and links too."""
    chunk = data / "blobs/20030/ab" / ("cd" * 31)
    chunk.parent.mkdir(parents=True)
    chunk.touch()
    assert set() == undeclared_files(data, FILES)
    for name in ("access.log", "blobs/20030/ab/seen.txt", "kept.db.bak", ".tmp"):
        (data / name).touch()
        assert {name} == undeclared_files(data, FILES)
        (data / name).unlink()
    (data / "link").symlink_to("nowhere")
    assert {"link"} == undeclared_files(data, FILES)


@pytest.mark.parametrize("change", ["ALTER TABLE box ADD COLUMN owner", "CREATE TABLE seen (owner)",
                                    "CREATE VIEW seen AS SELECT address AS owner FROM box"])  # fmt: skip
def test_a_column_a_table_and_a_view_that_nobody_declared_are_told(data: Path, change: str) -> None:
    """However it came there."""
    assert set() == undeclared_columns(data / "kept.db", COLUMNS)
    with closing(sqlite3.connect(data / "kept.db")) as db:
        db.execute(change)
    (strange,) = undeclared_columns(data / "kept.db", COLUMNS)
    assert strange.endswith(".owner")


@pytest.mark.parametrize(
    "line",
    [
        'nullabona_relay_requests_total{kind="mina@relay.example"} 50',
        'nullabona_relay_requests_total{address="127.0.0.1"} 50',
        'nullabona_relay_frames_kept_total{box="00ff"} 50',
        "nullabona_relay_requests_total 50",
        "nullabona_relay_people 50",
        "anything else",
    ],
)
def test_a_count_a_label_and_a_value_that_nobody_declared_are_told(line: str) -> None:
    """A label's value is as much as a column."""
    fine = 'nullabona_relay_requests_total{kind="append"} 50\nnullabona_relay_connections 0'
    assert {line} == undeclared_counts(f"# HELP x y\n{fine}\n{line}\n")


@pytest.mark.parametrize(
    "line",
    ["nullabona.relay: append from 127.0.0.1", "nullabona.relay: fault: KeyError: 'mina@relay.example' in read:12",
     "nullabona.directory: looked up mina", "GET /v1 200", "nullabona.relay: started by mina"],
)  # fmt: skip
def test_a_line_that_nobody_declared_is_told(line: str) -> None:
    """Also one that begins as a declared one does."""
    fine = "nullabona.relay: started\nnullabona.relay: fault: KeyError in read:12\n"
    assert [line] == undeclared_lines(f"{fine}{line}\n")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_last_words_of_a_relay_are_declared(language: Language) -> None:
    """Its data was taken away while it ran: that goes to the log as well; but no handle fits into it."""
    gone = translated_error(StoreGone("the relay's files were removed or replaced while it was running"), language)
    assert gone.count("\n") == 2
    assert [] == undeclared_lines(gone)
    assert 1 == len(undeclared_lines("error: mina@relay.example wrote [data-gone]"))


# -- everything, once ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_everything_is_used_and_nothing_is_there_that_was_not_declared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Relay, directory, witness, desk with log and console, and two people's apps."""
    caplog.set_level("INFO", "nullabona")
    loop = Loop()
    with OperatorService(tmp_path / "operator", period_s=1) as service:
        office = LiveOffice.found(tmp_path / "office", service)
        people: list[Person] = []
        try:
            people += talk(loop, tmp_path / "people", service)
            office.tell(people[0].me.handle)
            use_console(office)
            counts = counted(service)
            strange = look(tmp_path, service, office)
            assert [] == sorted(strange | undeclared_counts(counts))
        finally:
            for person in people:
                person.end()
            office.stop()
            loop.close()
        assert [] == sorted(look(tmp_path, service, office))
        said = service.log.read_text("utf-8")
    lines = "\n".join(f"{record.name}: {record.getMessage()}" for record in caplog.records)
    assert ("nullabona.relay: started" in said, []) == (True, undeclared_lines(f"{said}\n{lines}"))


def talk(loop: Loop, folder: Path, service: OperatorService) -> list[Person]:
    """Two people with apps become contacts and write; two others send a file, look at what is held, and one leaves."""
    folder.mkdir()
    mina, jun = (Person(loop, folder / name) for name in ("mina", "jun"))
    for person in (mina, jun):
        person.sign_up(service.handle(new_name(person.app.profile.name)))
    room = mina.befriend(jun)
    mina.open(room)
    jun.page.told(p.ChatChanged, lambda push: push.chat.room == room and push.chat.phase == "joined")
    jun.open(room)
    jun.reads(room, mina.send(room, "안녕").text)
    play(_exchange(folder, service))
    return [mina, jun]


async def _exchange(folder: Path, service: OperatorService) -> None:
    async with api_people(service, folder, "sora", "nari") as (sora, nari):
        room = await befriend(sora, nari)
        file = await sora.files.send(room, b"recipe" * 50_000, name="recipe.bin")
        await until(nari, lambda: any(message.id == file for message in nari.messages.page(room)))
        await nari.files.fetch(room, file)
        await nari.files.wait(room, file, timeout_s=PATIENCE_S)
        assert (await sora.account.privacy()).record
        await nari.account.delete(nari.me.handle)


def use_console(office: LiveOffice) -> None:
    """The console serves the same desk for a moment; somebody opens its first page, and the desk is taken back."""

    def serve() -> None:
        office.desk.close()
        office.loop.run(office.log.close())
        try:
            with Console(office.root) as place:
                assert 200 == Caller(place, "ina").get("/sign-in").status
        finally:
            office.log = office._open_log()
            office.publication = Publication(office.log, office.service.origin, office.service.policy)
            office.desk = office.open()

    office._thread.submit(serve).result()


class Console(Place):
    """``nulla docket serve`` for this desk."""

    def __enter__(self) -> Self:
        command = nulla("docket", "--data", str(self.folder), "serve", "--origin", self.origin, "--listen",
                        f"127.0.0.1:{self.port}")  # fmt: skip
        return self.begin(command, f"ready {self.origin}", {"PATH": os.environ["PATH"], "LANG": "en"})

    def stop(self) -> str:
        said = self._process.stop().err
        assert [] == undeclared_lines(said)
        return said


def counted(service: OperatorService) -> str:
    """The numbers as they are published next, which is once a minute: the record's time has moved on then."""
    before = text = published(service)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if (text := published(service)) != before:
            return text
        time.sleep(0.5)
    raise AssertionError(text)


def published(service: OperatorService) -> str:
    with urllib.request.urlopen(f"http://{service.host}/metrics") as answer:
        return str(answer.read(), "utf-8")


def below(folder: str, files: Iterable[DataFile]) -> list[DataFile]:
    """Those that are declared to lie in a folder, as they are called there."""
    return [replace(f, pattern=f.pattern.removeprefix(folder)) for f in files if f.pattern.startswith(folder)]


def look(folder: Path, service: OperatorService, office: LiveOffice) -> set[str]:
    """Everything undeclared, anywhere."""
    assert service.witness is not None
    record = service.record
    return {
        *undeclared_files(service.data, relay.FILES + directory.FILES),
        *undeclared_files(record, below("record/", directory.FILES)),
        *undeclared_files(service.witness.config.data, witness.FILES),
        *undeclared_files(office.folder, [f for f in docket.FILES if not f.pattern.startswith("<log>/")]),
        *undeclared_files(office.root / "log", [*log.FILES, *below("<log>/", docket.FILES)]),
        *undeclared_files(office.root / "console", console.FILES),
        *undeclared_files(folder / "people", DEVICE_FILES),
        *undeclared_columns(service.data / "boxes.db", relay.COLUMNS),
        *undeclared_columns(service.data / "cards.db", directory.COLUMNS),
        *undeclared_columns(record / "log.db", log.COLUMNS),
        *undeclared_columns(service.witness.config.data / "witness.db", witness.COLUMNS),
        *undeclared_columns(office.folder / "desk.db", docket.COLUMNS),
        *undeclared_columns(office.root / "log" / "log.db", log.COLUMNS),
        *undeclared_columns(office.root / "console" / "console.db", console.COLUMNS),
    }
