"""The cluster's demo: what its report makes of what happened; then all of it, and that Ctrl-C leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.drills.demo_cluster.cluster import Machine
from nullabona.drills.demo_cluster.findings import ACCUSATIONS, Loss, Outcome, Taken
from nullabona.drills.demo_cluster.report import ClusterIncomplete, Demo, check_machine, report_of
from nullabona.drills.reporting.report import Verdict
from nullabona.drills.search import Finding, Kind, Searched
from nullabona.processes.engine import engine_programs
from nullabona.processes.postgres import postgres_programs
from nullabona.processes.proxies import haproxy_program
from nullabona.words import warnings as warned_words
from tests.drills.leftovers import processes_of, started, wait_until_said
from tests.relay.engines import needs_engine
from tests.relay.s3_server import NEEDED

ROOT = Path(__file__).parents[2]
HAPROXY = ROOT / "deploy/cluster/haproxy.cfg"
MARKS = [
    needs_engine, NEEDED, pytest.mark.slow, pytest.mark.timeout(600),
    pytest.mark.skipif(postgres_programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.skipif(haproxy_program() is None, reason="HAProxy is not installed: tools/need_programs.sh"),
]  # fmt: skip


def whole(test: Callable[..., None]) -> Callable[..., None]:
    """A test that starts all of a cluster."""
    for mark in MARKS:
        test = mark(test)
    return test


def taken(
    name: str,
    *kinds: Kind,
    source: str = "memory [heap]",
    public: frozenset[Kind] = frozenset(),
    connected: frozenset[Kind] = frozenset(),
) -> Taken:
    """A machine on which secrets of these kinds were found."""
    findings = [Finding(f"{kind} of Mina", kind, source, "UTF-8", 7, 1, 1.0) for kind in kinds]
    machine = Machine(name, (Path("/folder"),), (1, 2), public, connected)
    return Taken(machine, Searched({"a"}, 1_000_000), Searched({"b"}, 2_000_000), findings)


def outcome_of(*machines: Taken) -> Outcome:
    """All is well."""
    lines = {"one": ["a1", "a2"], "other": ["b1"]}
    everything = dict.fromkeys(("a1", "a2", "b1"), 1)
    return Outcome(
        losses=[Loss("primary", 2.5, 3.0, 3)], people=2, said=lines, shown={"one": everything, "other": {**everything}},
        files=[("kept", True), ("everything", True)], found_again=True, warned={"one": ["relay-lost-box"], "other": []},
        taken=list(machines) or [taken("engine")],
    )  # fmt: skip


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in report_of(outcome).checks}


FINE = {"S-39": Verdict.HELD, "S-40": Verdict.HELD}
LOST = {"S-39": Verdict.HELD, "S-40": Verdict.FAILED}
FOUND = {"S-39": Verdict.FAILED, "S-40": Verdict.HELD}


def test_all_is_well() -> None:
    """Boxes that were lost are no accusation. The table ends with how long it took."""
    outcome = outcome_of()
    assert FINE == verdicts(outcome)
    assert "All of it held (71 s)." in Demo(outcome, report_of(outcome), 71.2).render("en")
    assert "모두 지켜졌어요 (71초)." in Demo(outcome, report_of(outcome), 71.2).render("ko")


def test_a_line_that_somebody_lacks_breaks_the_claim() -> None:
    """Also one that somebody has twice, or that nobody said."""
    for change in ({"a2": 0}, {"b1": 2}, {"nobody": 1}):
        outcome = outcome_of()
        outcome.shown["other"] = {line: n for line, n in (outcome.shown["other"] | change).items() if n}
        assert LOST == verdicts(outcome)
        assert "NOT all of it held: S-40." in Demo(outcome, report_of(outcome), 1).render("en")


def test_a_file_that_is_another_one_breaks_the_claim() -> None:
    """Whenever it was fetched."""
    outcome = outcome_of()
    outcome.files[1] = ("everything", False)
    assert LOST == verdicts(outcome)


def test_cards_that_are_not_found_again_break_the_claim() -> None:
    """After PostgreSQL has failed over."""
    outcome = outcome_of()
    outcome.found_again = False
    assert LOST == verdicts(outcome)


@pytest.mark.parametrize("code", sorted(ACCUSATIONS))
def test_no_loss_may_look_like_a_lie(code: str) -> None:
    """Each is a warning that devices give."""
    outcome = outcome_of()
    outcome.warned["other"].append(code)
    assert LOST == verdicts(outcome)
    assert code in WARNINGS


WARNINGS = (Path(warned_words.__file__).parent / "warnings.toml").read_text("utf-8")


@pytest.mark.parametrize("name", ["engine", "relays", "proxy", "bucket", "names"])
@pytest.mark.parametrize("kind", Kind)
def test_what_an_officer_finds_breaks_the_claim(name: str, kind: Kind) -> None:
    """On every machine."""
    assert FOUND == verdicts(outcome_of(taken(name, kind)))


def test_what_has_to_be_there_is_told_and_no_leak() -> None:
    """Names on public cards; in a proxy's memory addresses of those who are connected, and nowhere on its disk."""
    names, addresses = frozenset({Kind.NAME}), frozenset({Kind.ADDRESS})
    outcome = outcome_of(taken("names", Kind.NAME, public=names), taken("proxy", Kind.ADDRESS, connected=addresses))
    assert FINE == verdicts(outcome)
    assert [["name of Mina"], ["address of Mina"]] == [one["admitted"] for one in report_of(outcome).data["machines"]]
    assert FOUND == verdicts(outcome_of(taken("proxy", Kind.ADDRESS, source="haproxy.cfg", connected=addresses)))


def test_memory_that_nobody_may_read_proves_nothing() -> None:
    """Neither held nor failed."""
    machine = taken("engine")
    machine.denied = True
    assert {**FINE, "S-39": Verdict.UNPROVEN} == verdicts(outcome_of(machine))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """All of it at once, before anything is started."""
    with pytest.raises(ClusterIncomplete, match=r"versitygw, .*no\.cfg") as raised:
        check_machine(tmp_path / "no.cfg", None)
    assert "need_programs.sh" in raised.value.render()
    if engine_programs() and postgres_programs() and haproxy_program():
        check_machine(HAPROXY, "versitygw")


@whole
def test_nothing_is_lost_and_nothing_found(tmp_path: Path) -> None:
    """The whole story; without root the officer cannot read memory, which the report says."""
    with started(tmp_path, "demo-cluster") as demo:
        out, err = demo.communicate(timeout=580)
    assert 0 == demo.returncode, err
    report = json.loads(out)
    assert (0, 0, 0) == (report["missing"], report["twice"], report["forged"])
    assert {"primary", "relay", "restart", "store", "everything"} == {loss["part"] for loss in report["losses"]}
    assert report["objects"] > 0, "no file ever reached the bucket"
    assert [] == list(tmp_path.iterdir())
    assert [] == processes_of(demo.pid, tmp_path)


@whole
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["A cluster starts", "without a pause", "An officer takes"])
def test_ended_from_outside_it_leaves_nothing_behind(number: signal.Signals, moment: str, tmp_path: Path) -> None:
    """Every process is ended and every file removed: at the start, while people talk, and during the search.

    Ctrl-C in a terminal reaches every process of the session, and SIGTERM only the one that it is sent to.
    """
    with started(tmp_path, "demo-cluster") as demo:
        wait_until_said(demo, moment)
        (os.killpg if number is signal.SIGINT else os.kill)(demo.pid, number)
        demo.communicate(timeout=120)
    assert demo.returncode != 0
    assert [] == list(tmp_path.iterdir())
    assert [] == processes_of(demo.pid, tmp_path)
