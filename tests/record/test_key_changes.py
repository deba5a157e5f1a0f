"""A record's keys change while people are away: their devices go on with the same record, told once, never misled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.core.directory.keeping import load_pinned
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.runner.directories import Directories
from nullabona.directory.keys import FILE, NEXT, RecordKeyReplaced, open_keys
from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Clock, Options, open_directory
from nullabona.log.key_change import KeyChange, KeysUnproven
from nullabona.log.note import encode_signatures
from nullabona.log.proof import parse_proof
from nullabona.operating.keeping import DRAFT
from nullabona.operating.key_changes import ChangeRefused, draft_keys, install_keys
from nullabona.wire.epoch import origin_of
from nullabona.wire.messages import AnyRequest, AnyResponse, Blob, LogFile, Refusal
from nullabona.witness.key_changes import confirm
from tests.record.devices import Device
from tests.record.directories import HOST, PERIOD_S, START, Directory
from tests.wire.cards import TODAY
from tests.witness.running import RunningWitness, watched

ORIGIN = origin_of(HOST)
NAMES = ("w.example/1", "w.example/2")


class Office:
    """A directory on disk with two witnesses that run, and its operator's commands."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self.folder, self.record, self.ends = folder, folder / "record", ends
        self.record.mkdir()
        self.now = START
        self.witnesses = {name: self._begin(name) for name in NAMES}
        self.lines = folder / "witnesses"
        self.lines.write_text(self.policy_of(NAMES))
        self.settings = {
            "data": str(folder / "data"), "record": str(self.record), "host": HOST, "listen": ["127.0.0.1:1"],
            "witnesses": str(self.lines),
        }  # fmt: skip

    def _begin(self, name: str) -> RunningWitness:
        keys = open_keys(self.record / FILE, ORIGIN)
        made = RunningWitness(self.folder / name.replace("/", "-"), [watched(keys.signers)], name)
        self.ends.callback(made.stop)
        return made

    def policy_of(self, names: tuple[str, ...]) -> str:
        lines = [f"witness w{at} {self.witnesses[name].signers[0].verifier.encode()} {self.witnesses[name].url}"
                 for at, name in enumerate(names)]  # fmt: skip
        return "\n".join([*lines, f"group all all {' '.join(f'w{at}' for at in range(len(names)))}", "quorum all", ""])

    def restart_witnesses(self) -> None:
        """Their operators name the record's new keys instead of the old ones; addresses change, too."""
        for name, each in self.witnesses.items():
            each.stop()
            self.witnesses[name] = self._begin(name)
        self.lines.write_text(self.policy_of(NAMES))

    def open(self) -> Directory:
        served = Directory.__new__(Directory)
        served.now = self.now
        clock = Clock(today=lambda: TODAY, seconds=lambda: float(served.now), now=lambda: served.now)
        record = RecordOptions(period_s=PERIOD_S, folder=self.record, witnesses=self.lines.read_text())
        served.service = open_directory(self.folder / "data", HOST, Options(clock=clock, record=record))
        return served

    def draft(self) -> KeyChange:
        return draft_keys(self.settings, None, self.folder / "change")

    def confirmed(self, change: KeyChange) -> list[Path]:
        """What each witness's operator sends back."""
        found = []
        for name, each in self.witnesses.items():
            lines = confirm(each.config, (self.folder / "change").read_bytes(), change.fingerprint, self.now)
            found.append(self.folder / f"confirmed-{name[-1]}")
            found[-1].write_bytes(encode_signatures(lines))
        return found

    async def serve(self, story: Callable[[Directory], Awaitable[None]]) -> None:
        """Two epochs with the story after the first."""
        served = self.open()
        try:
            await served.advance()
            await story(served)
        finally:
            self.now = served.now
            await served.service.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as ends:
        yield Office(tmp_path, ends)


def known(device: Device) -> Pinned:
    with device.store.transaction():
        found = load_pinned(device.store, HOST)
    assert found is not None
    return found


def watching(device: Device) -> Callable[[Directory], Awaitable[None]]:
    """The device asks this directory, as a program that was started again."""

    async def story(directory: Directory) -> None:
        device.directory = directory
        device.directories = Directories(device)  # type: ignore[arg-type]
        device.own_key_monitor._directories = device.directories
        await device.watch()

    return story


def test_people_go_on_with_the_same_record_and_are_told_once(office: Office) -> None:
    """Drafted and confirmed while it runs, installed while it does not. The device remembers the new keys."""

    async def play() -> None:
        device = Device.__new__(Device)
        await office.serve(beginning(office, device))
        before = known(device)
        install_keys(office.settings, office.confirmed(office.draft()))
        office.restart_witnesses()
        for _ in range(2):
            await office.serve(watching(device))
        after = known(device)
        assert ["keys-changed"] == device.codes()
        assert (before.size + 2, before.genesis) == (after.size, after.genesis)
        assert before.policy.splitlines()[:2] != after.policy.splitlines()[:2]
        assert [] == device.kept()

    asyncio.run(play())


def test_a_change_that_is_not_confirmed_is_refused_and_told(office: Office) -> None:
    """One witness of two, then no change at all: nothing of the new keys is believed, and the person is warned."""

    async def play() -> None:
        device = Device.__new__(Device)
        await office.serve(beginning(office, device))
        before, change = known(device), office.draft()
        confirmed = office.confirmed(change)
        with pytest.raises(KeysUnproven):
            install_keys(office.settings, confirmed[:1])
        install_keys(office.settings, confirmed)
        office.restart_witnesses()
        half = (office.record / "public/keys/0").read_bytes()
        for shown in (without_witness(half), None):
            device.lie = instead(shown)
            await office.serve(watching(device))
        assert ["keys-unproven", "log-replaced"] == device.codes()
        assert [("keys-unproven", True), ("log-replaced", True)] == device.kept()
        assert before == known(device)

    asyncio.run(play())


def test_an_interrupted_installation_goes_on(office: Office) -> None:
    """Published and not yet in place: the old keys sign nothing, and repeating the command ends it."""

    async def play() -> None:
        device = Device.__new__(Device)
        await office.serve(beginning(office, device))
        old = (office.record / FILE).read_bytes()
        draft, following = (office.record / DRAFT).read_bytes(), office.record / NEXT
        kept = following.read_bytes()
        install_keys(office.settings, office.confirmed(office.draft()))
        new = (office.record / FILE).read_bytes()
        (office.record / FILE).write_bytes(old)
        (office.record / DRAFT).write_bytes(draft)
        with pytest.raises(RecordKeyReplaced):
            office.open()
        with pytest.raises(ChangeRefused, match="gone"):
            install_keys(office.settings, [])
        following.write_bytes(kept)
        following.chmod(0o600)
        install_keys(office.settings, [])
        assert (new, False, False) == (
            (office.record / FILE).read_bytes(),
            following.exists(),
            (office.record / DRAFT).exists(),
        )
        with pytest.raises(ChangeRefused, match="no change"):
            install_keys(office.settings, [])
        assert 1 == office.draft().number

    asyncio.run(play())


def beginning(office: Office, device: Device) -> Callable[[Directory], Awaitable[None]]:
    """The device sees the record under its first keys; a change is drafted."""

    async def story(directory: Directory) -> None:
        device.__init__(directory)  # type: ignore[misc]
        await device.watch()
        office.draft()

    return story


def without_witness(data: bytes) -> bytes:
    """The change's file as if the second witness had not confirmed."""
    proof = parse_proof(data)
    lines = tuple(each for each in proof.note.signatures if each.name != NAMES[1])
    return replace(proof, note=replace(proof.note, signatures=lines)).encode()


def instead(shown: bytes | None) -> Callable[[AnyRequest], Awaitable[AnyResponse | None]]:
    """The directory shows this as the first change, or none."""

    async def lie(request: AnyRequest) -> AnyResponse | None:
        if not isinstance(request, LogFile) or not request.path.startswith("keys/"):
            return None
        return Blob(shown) if shown is not None and request.path == "keys/0" else Refusal("not-found")

    return lie
