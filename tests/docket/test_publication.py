"""Publication: exactly K slots a period whatever happens, and a crash at any write changes nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from nullabona.docket.core.batches import arrangement
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import HOUR
from nullabona.docket.core.pointers import next_ratchet, open_pointer
from nullabona.docket.core.states import Action
from nullabona.docket.core.terms import term_of
from nullabona.docket.keeping.slots import BOX_SIZE
from nullabona.docket.keeping.vault import unseal
from nullabona.docket.publishing.batches import NotInLog
from nullabona.docket.store.sqlite import FILE
from nullabona.operating.desk_places import DeskPlaces
from nullabona.sequencer import NoQuorum
from nullabona.wire.slots import LEAF_SIZE, SLOT_LEAF, SlotRef, parse_slot_leaf
from tests.docket.databases import REFUSED, typed
from tests.docket.desks import NOON, Clock
from tests.docket.publishing import PublicOffice
from tests.sequencer.logs import entries_of


class Crash(BaseException):
    """The power goes out."""


def slot_leaves(office: PublicOffice) -> list[bytes]:
    """The slots in the public log."""
    found = office.verify()
    return [e for e in entries_of(office.public, found.size) if e[0] == SLOT_LEAF]


def test_busy_or_not_the_leaves_look_alike(public_office: PublicOffice) -> None:
    """A period with five events and one with none have as many leaves of the same size."""
    for _ in range(5):
        public_office.take_in()
    public_office.tick(2)
    leaves = slot_leaves(public_office)
    assert [LEAF_SIZE] * 16 == [len(leaf) for leaf in leaves]
    boxes = public_office.desk._store.rows("slots_between", 0, 9)
    opened = [unseal(box, [public_office.auditor]) for *_, box in boxes]
    assert {BOX_SIZE} == {len(text) for text in opened}


def test_what_does_not_fit_waits_for_the_next_period(desk_places: DeskPlaces, tmp_path: Path, clock: Clock) -> None:
    """Three events and two slots: the third is entered a period later, within the lag."""
    office = PublicOffice(tmp_path, clock, Cadence(start_s=NOON - 60, slots=2, lag=4), desk_places)
    try:
        for _ in range(3):
            office.take_in()
        office.tick()
        assert 1 == office.desk._store.value("count_waiting")
        office.tick()
        assert 0 == office.desk._store.value("count_waiting")
        assert () == office.verify().findings
    finally:
        office.stop()


def test_the_auditor_counts_from_the_log_alone(public_office: PublicOffice) -> None:
    """With the first pointer key every slot's kind is read; the desk has forgotten the key."""
    public_office.take_in()
    public_office.tick(3)
    key, kinds = public_office.pointer_key, []
    for period in range(3):
        own = [leaf for leaf in map(parse_slot_leaf, slot_leaves(public_office)) if leaf.at.period == period]
        kinds += [open_pointer(key, leaf.pointer)[0] for leaf in own]
        key = next_ratchet(key)
    assert 1 == sum(kinds)
    assert public_office.pointer_key != public_office.desk._store.value("get_meta", "pointer-key")


def test_a_receipt_needs_a_witnessed_slot(public_office: PublicOffice) -> None:
    """Before its batch there is no receipt, and without a witness no batch."""
    case = public_office.walk(public_office.take_in())
    with pytest.raises(NotInLog):
        public_office.do("cora", Action.RECEIPT, case)
    public_office.witness.stop()
    with pytest.raises(NoQuorum):
        public_office.tick()
    with pytest.raises(NotInLog):
        public_office.do("cora", Action.RECEIPT, case)


def test_missed_periods_are_written_late_and_whole(public_office: PublicOffice, clock: Clock) -> None:
    """A desk that was down for three periods writes all their slots, and everybody sees that they are late."""
    public_office.tick()
    public_office.take_in()
    clock.pass_(3 * HOUR)
    public_office.publish_due()
    assert 4 * 8 == len(slot_leaves(public_office))
    assert {"period-late"} == {finding.code for finding in public_office.verify().findings}


def test_a_missing_batch_is_seen(public_office: PublicOffice, clock: Clock) -> None:
    """When the next period is overdue, verification says since when."""
    public_office.tick()
    clock.pass_(2 * HOUR)
    assert ["period-late"] == [finding.code for finding in public_office.verify().findings]


@pytest.mark.parametrize("happens", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("step", ["stage", "publish", "mark", "fix"])
def test_a_crash_changes_nothing_of_a_batch(
    public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch, step: str, *, happens: bool
) -> None:
    """The power goes out at a write, before or after it happened: the batch is the same, once, and whole."""
    public_office.take_in()
    public_office.tick()
    public_office.take_in()
    with monkeypatch.context() as patch:
        _cut(public_office, patch, step, happens=happens)
        with pytest.raises(Crash):
            public_office.tick()
    fixed = public_office.desk._store.rows("open_batches")
    public_office.desk.close()
    public_office.desk = public_office.open()
    public_office.publish_due()
    public_office.tick()
    found = public_office.verify()
    assert () == found.findings
    assert 3 * 8 == len(slot_leaves(public_office))
    for _, start, encoded, _ in fixed:
        assert encoded == public_office.desk._store.row("batch", 1)[2], start  # type: ignore[index]


def _cut(office: PublicOffice, patch: pytest.MonkeyPatch, step: str, *, happens: bool) -> None:
    """Let ``step`` crash, once it was done or before."""
    batches = office.desk._batches
    target: object
    target, name = {
        "stage": (office.log, "stage"), "publish": (office.log, "publish"), "mark": (batches, "_mark"),
        "fix": (batches, "_fix"),
    }[step]  # fmt: skip
    real: Callable[..., object] = getattr(target, name)

    def crashing(*values: object, **more: object) -> object:
        if happens and step != "publish":
            real(*values, **more)
        raise Crash

    async def crashing_later(*values: object) -> object:
        if happens:
            await real(*values)  # type: ignore[misc]
        raise Crash

    patch.setattr(target, name, crashing_later if step == "publish" else crashing)


def test_slots_are_for_good(public_office: PublicOffice) -> None:
    """No slot, batch or commitment is changed or removed by SQL."""
    public_office.tick()
    for attempt in (
        "DELETE FROM slot", "UPDATE slot SET commitment = randomblob(32)", "DELETE FROM batch",
        "UPDATE batch SET entries = x''", "UPDATE batch SET start = 7",
        "INSERT INTO batch (period, start, entries) VALUES (7, 0, x'')",
    ):  # fmt: skip
        with pytest.raises(REFUSED):
            typed(public_office, attempt)


@pytest.mark.parametrize(("busy", "slots"), [(0, 1), (3, 8), (8, 8)])
def test_places_are_taken_once_and_by_chance(busy: int, slots: int) -> None:
    """Every event has a place of its own, and another draw gives other places."""
    draws: Sequence[tuple[int, ...]] = [arrangement(busy, slots, bytes([n]) * (8 * slots)) for n in range(8)]
    assert all(len(set(draw)) == busy and set(draw) <= set(range(slots)) for draw in draws)
    assert busy in {0, slots} or len(set(draws)) > 1


def test_a_slot_knows_its_place(public_office: PublicOffice) -> None:
    """The index that the desk computes is where the leaf lies."""
    public_office.tick(2)
    entries = entries_of(public_office.public, public_office.verify().size)
    for at in (SlotRef(0, 0), SlotRef(0, 7), SlotRef(1, 3)):
        assert at == parse_slot_leaf(entries[public_office.desk._batches.index(at)]).at
    assert FILE == public_office.desk_file.name


def test_what_is_said_late_is_not_entered_early(public_office: PublicOffice) -> None:
    """A desk that was down for hours: what it opens and reports now stands in the period that is now."""
    case = public_office.finish(public_office.answer(public_office.take_in()))
    public_office.tick()
    public_office.clock.pass_(3 * HOUR)
    public_office.open_all([case])
    public_office.report(term_of(NOON))
    public_office.tick()
    found = public_office.verify()
    assert {"period-late"} == {each.code for each in found.findings}
    assert found.recount is not None
    (period, report), *_ = found.recount.reports.values()
    assert (period - 1, 1) == (report.until, len(found.recount.demands.all()))


def test_a_period_may_end_between_two_signatures(public_office: PublicOffice) -> None:
    """The report is that of the period for which it was drawn up, whenever the second officer signs."""
    public_office.answer(public_office.take_in())
    public_office.wait_for_the_end_of(term_of(NOON))
    public_office.tick()
    drawn_up, proposal = public_office.desk.propose_report(public_office.who("pia"), term_of(NOON))
    first = public_office.sign("pia", proposal)
    public_office.take_in()
    public_office.tick(2)
    public_office.sign("cora", public_office.desk.propose_confirm(public_office.who("cora"), first.challenge))
    public_office.tick()
    found = public_office.verify()
    assert found.recount is not None
    assert ([drawn_up], ()) == ([report for _, report in found.recount.reports.values()], found.findings)
