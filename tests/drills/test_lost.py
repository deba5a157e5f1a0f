"""The drill ``lost-directory``, played for real; and that it fails when one of the things it rests on is taken away."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nullabona.drills.lost_directory import machine as machines
from nullabona.drills.lost_directory.findings import Lost
from nullabona.drills.lost_directory.machine import Copier, DirectoryMachine, Restoring, running_directory
from nullabona.drills.lost_directory.report import report_of
from nullabona.drills.lost_directory.scenario import play
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Report, Verdict
from nullabona.processes.program import nulla, run
from tests.drills.lacking import lack

PROVES = DRILLS["lost-directory"].proves

COMMAND = nulla("drill", "lost-directory", "--json")
TOLD = {"sora": ["card-not-ours"], "nari": ["record-gap"]}
HELD = Lost(
    3, 9, 4, 4, 0.5, "timed-out", "pending-still", Restoring(1, "log-behind", 0), 5, "has-more", "timed-out",
    "log-rolled-back", Restoring(0, "", 9), 9.0, {"mina": 10.0, "jun": 11.0, "nari": 3.0}, TOLD,
    dict.fromkeys(("mina", "jun", "nari"), True), 12, {"dora": "handle-taken"}, {"dora": "", "sora": ""},
    {"mina": (20_000, 20_040)}, "card-forked", contact_told=True,
)  # fmt: skip


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.verdict is Verdict.FAILED}


def test_its_house_can_be_started_again_and_again(tmp_path: Path) -> None:
    """With the keys out of the safe each time, as the drill does whatever else it plays."""

    async def play() -> None:
        async with running_directory(tmp_path / "machine", 3) as machine:
            await asyncio.to_thread(machine.lose)
            await asyncio.to_thread(machine.start)
            assert "error" not in machine.said()

    asyncio.run(play())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_lost_directory_comes_back_and_nobody_is_silenced() -> None:
    """Real processes throughout: every claim holds, exit code 0, and how long it took is told."""
    done = run(COMMAND)
    assert done.out, done.err
    played = json.loads(done.out)
    assert (0, dict.fromkeys(PROVES, "held")) == (
        done.code,
        {c["id"]: c["verdict"] for c in played["checks"]},
    )
    assert {"mina", "jun", "nari"} == set(played["back"])
    assert played["lacking"] < played["entries"] < played["grown"]


@pytest.mark.parametrize(
    ("broken", "id"),
    [
        ({"unknown": ""}, "G-01"),
        ({"unregistered": ""}, "G-01"),
        ({"contact_saw": ""}, "G-02"),
        ({"contact_told": False}, "G-02"),
        ({"told": TOLD | {"sora": []}}, "G-02"),
        ({"before": {"dora": ""}}, "G-03"),
        ({"told": TOLD | {"nari": []}}, "G-03"),
        ({"heard": 3}, "G-10"),
        ({"found": {"mina": True, "jun": True, "nari": False}}, "G-11"),
        ({"back": {"mina": 10.0, "jun": 11.0, "nari": 0.0}}, "G-11"),
        ({"back": {"mina": 500.0, "jun": 11.0, "nari": 3.0}}, "G-11"),
        ({"refused": Restoring(0, "", 5)}, "G-12"),
        ({"copier_saw": ""}, "G-12"),
        ({"restored": Restoring(1, "log-differs", 0)}, "G-12"),
        ({"grown": 9}, "G-12"),
        ({"told": TOLD | {"jun": ["log-forked"]}}, "G-12"),
    ],
)
def test_whatever_is_missing_fails_its_claim(broken: dict[str, Any], id: str) -> None:
    """Each observation counts: without it exactly the claim that rests on it does not hold."""
    assert set() == failed(report_of(HELD))
    assert {id} == failed(report_of(replace(HELD, **broken)))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_drill_fails_without_witnesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody cosigns and nobody is asked: the old copy is taken, its record goes on, and the drill says so."""

    def nobody(self: DirectoryMachine, lines: str) -> None:
        self._witnesses.write_text("quorum none\n", "utf-8")
        self.policy.write_text("".join(f"log {key}\n" for key in self.vkeys) + "quorum none\n", "utf-8")

    monkeypatch.setattr(DirectoryMachine, "name_witnesses", nobody)
    monkeypatch.setattr(DirectoryMachine, "restore", _any_copy(DirectoryMachine.restore))
    monkeypatch.setattr(Copier, "ended", _not_waiting)
    monkeypatch.setattr(machines, "_PATIENCE_S", 20.0)
    assert {"G-04", "G-12"} <= failed(report_of(play(lambda _: None)))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_drill_fails_if_owners_do_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that notice nothing put nothing back: cards stay lost, and the drill says so."""
    lack(monkeypatch, "cards are put back")
    assert "G-11" in failed(report_of(play(lambda _: None)))


def _any_copy(restore: Any) -> Any:  # noqa: ANN401 - a method in a method's place
    async def restored(self: DirectoryMachine, copy: Any) -> Restoring:  # noqa: ANN401 - as the method
        found: Restoring = await restore(self, copy)
        if copy.name == "copy-old":
            await asyncio.to_thread(self.lose)
        return found

    return restored


async def _not_waiting(self: Copier) -> str:
    """Whoever copies is not waited for: without witnesses it may not have looked yet."""
    await self.stop()
    return ""
