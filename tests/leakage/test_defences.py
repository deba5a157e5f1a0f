"""Each defence, taken away or added, changes what a watcher sees in the direction in which it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench.leakage import ours
from bench.leakage.defences import ABLATION, PRODUCT, Defences
from bench.leakage.society import Society
from bench.leakage.trace import Events, Op, Recording
from nullabona.wire.padding import BUCKETS
from tests.leakage.conftest import GROUP, HOUR, JUN, MINA, PAIR, SORA

pytestmark = pytest.mark.slow
Record = Callable[[Defences], Recording]
SHARED = replace(PRODUCT, together=True)


@pytest.fixture(scope="module")
def record(friends: Society) -> Record:
    """Each recording is made once."""
    made: dict[Defences, Recording] = {}

    def recorded(defences: Defences) -> Recording:
        if defences not in made:
            made[defences] = ours.record(friends, defences)
        return made[defences]

    return recorded


def _of(recording: Recording, *ops: Op) -> Events:
    found: Events = recording.live[np.isin(recording.live["op"], ops)]
    return found


def _boxes_by_conn(recording: Recording) -> dict[int, set[int]]:
    boxes: dict[int, set[int]] = {}
    for event in _of(recording, Op.READ, Op.APPEND):
        boxes.setdefault(int(event["conn"]), set()).add(int(event["place"]))
    return boxes


def test_without_padding_sizes_tell_messages_apart(record: Record) -> None:
    padded = set(_of(record(PRODUCT), Op.APPEND)["size"].tolist())
    bare = set(_of(record(replace(PRODUCT, padding=False)), Op.APPEND)["size"].tolist())
    assert padded <= set(BUCKETS)
    assert not bare & set(BUCKETS)
    assert len(bare) > 2 * len(padded)


def test_padding_is_back_afterwards(record: Record, friends: Society) -> None:
    """The ablation leaves the product's constants as they were."""
    before = record(PRODUCT)
    record(replace(PRODUCT, padding=False))
    assert np.array_equal(ours.record(friends).live, before.live)


def _pauses(recording: Recording) -> list[float]:
    """From each frame of a pair's to the next in that box, if another connection puts it there soon after."""
    last: dict[int, tuple[float, int]] = {}
    pauses = []
    for event in _of(recording, Op.APPEND):
        place, now = int(event["place"]), (float(event["t"]), int(event["conn"]))
        before = last.get(place)
        if recording.truth.room_of.get(place) == PAIR and before and before[1] != now[1] and now[0] - before[0] < 5:
            pauses.append(now[0] - before[0])
        last[place] = now
    return pauses


def test_without_its_delay_a_receipt_follows_at_once(record: Record) -> None:
    """What is left is the network's own delay, instead of a second on average; else the read is drawn, too."""
    assert np.mean(_pauses(record(SHARED))) > 0.5
    assert np.mean(_pauses(record(replace(SHARED, receipt_delay=False)))) < 0.2


def test_without_epoch_addresses_a_room_has_one_place(record: Record) -> None:
    """Live and on the disk."""
    still = record(replace(PRODUCT, epoch_addresses=False))
    for room in (PAIR, GROUP):
        boxes = {
            int(event["place"])
            for event in _of(still, Op.APPEND)
            if still.truth.room_of.get(int(event["place"])) == room
        }
        assert len(boxes) == 1
    assert still.truth.chain == []
    reads = [(int(event["conn"]), int(event["place"])) for event in _of(still, Op.READ)]
    assert len(reads) == len(set(reads))
    assert len(record(PRODUCT).truth.chain) == 3
    frames = still.disk[still.disk["op"] == Op.APPEND]
    assert len({int(place) for place in frames["place"] if int(place) in still.truth.room_of}) == 2


def test_no_connection_shows_two_boxes(record: Record) -> None:
    assert max(len(boxes) for boxes in _boxes_by_conn(record(PRODUCT)).values()) == 1


def test_no_connection_shows_an_inbox_and_a_room(record: Record) -> None:
    """Not where rooms share one, either."""
    recording = record(SHARED)
    inboxes = [boxes for boxes in _boxes_by_conn(recording).values() if boxes & set(recording.directory)]
    assert len(inboxes) > 2
    assert all(len(boxes) == 1 for boxes in inboxes)


def test_with_a_connection_per_box_none_shows_two(record: Record) -> None:
    assert max(len(boxes) for boxes in _boxes_by_conn(record(SHARED)).values()) >= 4
    apart = record(replace(SHARED, connection_per_box=True))
    assert max(len(boxes) for boxes in _boxes_by_conn(apart).values()) == 1


def test_cover_reads_add_boxes_that_are_no_rooms(record: Record) -> None:
    """Everybody reads so many more boxes; they are read by several, written to, and lie on the disk like any other."""
    covered = record(replace(SHARED, cover_reads=10))
    truth = covered.truth
    known = set(truth.room_of) | set(covered.directory)
    decoys = [event for event in _of(covered, Op.READ) if int(event["place"]) not in known]
    readers: dict[int, set[int]] = {}
    for event in decoys:
        readers.setdefault(int(event["place"]), set()).add(truth.account_of_conn[int(event["conn"])])
    by_account = [sum(account in each for each in readers.values()) for account in (MINA, JUN, SORA)]
    assert by_account == [10, 10, 10]
    assert max(len(each) for each in readers.values()) > 1
    inboxes = {int(event["conn"]) for event in _of(covered, Op.READ) if int(event["place"]) in covered.directory}
    assert not inboxes & {int(event["conn"]) for event in decoys}
    written = [event for event in _of(covered, Op.APPEND) if int(event["place"]) in readers]
    assert len(written) > 10
    kept = covered.disk[covered.disk["op"] == Op.APPEND]
    assert sum(int(place) in readers for place in kept["place"]) == len(written)


def test_polling_delivers_at_the_turn_of_each_device(record: Record) -> None:
    """What comes to a device comes at one and the same moment of its period, whoever sent it and when."""
    polled = record(replace(SHARED, poll_s=60))
    moments: dict[int, list[float]] = {}
    for event in _of(polled, Op.DELIVER):
        if event["t"] > 2 * HOUR:  # by then nobody reads a box for the first time but after changes
            account = polled.truth.account_of_conn[int(event["conn"])]
            moments.setdefault(account, []).append(float(event["t"]) % 60)
    for each in moments.values():
        usual = np.median(each)
        assert np.mean(np.abs(np.array(each) - usual) < 0.5) > 0.6
    assert len(_of(polled, Op.DELIVER)) <= len(_of(record(SHARED), Op.DELIVER))


def test_every_defence_of_the_ablation_has_a_name_and_a_label() -> None:
    labels = {Defences(**change).label for change in ABLATION.values()}
    assert len(labels) == len(ABLATION)
    assert PRODUCT.label == "product"
