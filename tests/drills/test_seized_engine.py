"""The drill ``seized-engine``: what its report makes of what was taken; then all of it, on real nodes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from nullabona.drills.reporting.report import Verdict
from nullabona.drills.search import Chunk, Finding, Kind, Secret
from nullabona.drills.seized_engine.findings import Node, Outcome, appends_in, count_in, strays_of
from nullabona.drills.seized_engine.report import report_of, run
from nullabona.relay.shelves.engine.schema import FILES
from nullabona.words.catalogue import Language
from tests.drills.leftovers import processes_of, started, wait_until_said
from tests.relay.engines import needs_engine

BOXES = [bytes([number]) * 32 for number in (7, 13, 10)]
LANGUAGES: tuple[Language, ...] = ("en", "ko")
HELD = {"S-34": Verdict.HELD, "S-36": Verdict.HELD, "S-42": Verdict.HELD}


def outcome_of() -> Outcome:
    """All is well."""
    nodes = [Node(name, frames=3, of_frames=3, order=[*BOXES]) for name in ("primary", "replica")]
    secrets = [Secret.text(kind, f"{kind} of Mina", "0123456789abcdef") for kind in Kind]
    return Outcome(secrets, nodes, boxes=3, idle_s=[0, 4, 9], lines=(20, 24))


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in report_of(outcome).checks}


def appended(box: bytes, frame: bytes) -> bytes:
    """As a node tells a replica of it."""
    return b"*3\r\n$5\r\nRPUSH\r\n$34\r\nb:%b\r\n$%d\r\n%b\r\n" % (box, len(frame), frame)


def test_the_order_of_appends_is_read_out_of_a_backlog() -> None:
    """Whatever is in addresses and frames; of several pieces of memory the one that tells most."""
    stream = b"".join(appended(box, b"\r\n*3" + bytes(40)) for box in BOXES)
    pieces = [Chunk("memory [heap]", 0, b"\x00" * 9 + appended(BOXES[1], b"x")), Chunk("memory 7f", 0, b"t\n" + stream)]
    assert BOXES == appends_in(pieces)
    assert [] == appends_in([Chunk("memory 7f", 0, bytes(100))])


def test_files_of_a_node_are_declared_ones() -> None:
    """Not one in a folder of its own, and not what persistence writes."""
    fine = [*(file.pattern for file in FILES), "stderr"]
    assert [] == strays_of(fine)
    found = [*fine, "dump.rdb", "appendonlydir", "appendonlydir/node.conf"]
    assert ["appendonlydir", "appendonlydir/node.conf", "dump.rdb"] == strays_of(found)


def test_frames_are_found_as_they_are_and_in_hexadecimal() -> None:
    """Each once."""
    chunks = [Chunk("log", 0, b"-" + BOXES[0] * 2), Chunk("node.conf", 0, BOXES[1].hex().encode())]
    assert 2 == count_in(chunks, set(BOXES))


def test_all_is_well() -> None:
    """What memory has is said, in numbers."""
    outcome = outcome_of()
    assert HELD == verdicts(outcome)
    english, korean = (" ".join(report_of(outcome).render(language).split()) for language in LANGUAGES)
    assert "3 of 3 encrypted frames that were looked for, and the order of the last 3" in english
    assert "0초 전에서 9초 전까지" in korean


@pytest.mark.parametrize("which", [0, 1])
def test_anything_on_a_disk_breaks_the_claim(which: int) -> None:
    """A file that is not declared, or a frame in one that is; the report names the node."""
    for harm in ("file", "frame"):
        outcome = outcome_of()
        node = outcome.nodes[which]
        node.strays, node.told = (["dump.rdb"], 0) if harm == "file" else ([], 4)
        assert HELD | {"S-36": Verdict.FAILED} == verdicts(outcome)
        assert node.name in report_of(outcome).checks[1].text.en


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("source", ["memory [heap]", "log"])
def test_any_secret_breaks_the_claim(kind: Kind, source: str) -> None:
    """In memory and on disk, also handles: nothing at a node is public."""
    outcome = outcome_of()
    outcome.nodes[1].findings.append(Finding(f"{kind} of Mina", kind, source, "UTF-8", 7, 1, 1.0))
    assert HELD | {"S-42": Verdict.FAILED} == verdicts(outcome)
    assert f"{kind} of Mina" in report_of(outcome).checks[2].text.en


def test_what_was_not_looked_at_proves_nothing() -> None:
    """Memory that may not be read, one box alone, no box at all, or a kind of secret that nobody planted."""
    denied, alone, empty, lacking = (outcome_of() for _ in range(4))
    for node in denied.nodes:
        node.denied, node.frames, node.order = True, 0, []
    for node in alone.nodes:
        node.order = BOXES[:1] * 5
    empty.boxes, empty.idle_s = 0, []
    lacking.secrets = lacking.secrets[1:]
    unproven = Verdict.UNPROVEN
    assert HELD | {"S-34": unproven, "S-42": unproven} == verdicts(denied)
    assert HELD | {"S-34": unproven} == verdicts(alone)
    assert HELD | {"S-34": unproven, "S-36": unproven} == verdicts(empty)
    assert HELD | {"S-42": unproven} == verdicts(lacking)


@needs_engine
@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read another process's memory")
def test_real_nodes() -> None:
    """Nothing is found, frames and their order are seen, and people talked all the time."""
    report = run(lambda _: None)
    assert HELD == {check.id: check.verdict for check in report.checks}
    assert report.data["lines"]["after"] > report.data["lines"]["before"] >= 20


@needs_engine
@pytest.mark.slow
def test_ended_from_outside_it_leaves_nothing_behind(tmp_path: Path) -> None:
    """SIGTERM while people talk: no node, relay or person is left, and no file."""
    with started(tmp_path, "seized-engine") as drill:
        wait_until_said(drill, "Two people become contacts")
        os.kill(drill.pid, signal.SIGTERM)
        drill.communicate(timeout=120)
    assert drill.returncode != 0
    assert [] == list(tmp_path.iterdir())
    assert [] == processes_of(drill.pid, tmp_path)
