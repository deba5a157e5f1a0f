"""What the latency bench makes of its marks, and what it says is to be expected."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from bench import latency
from bench.client.reports import PARTS, Latency
from bench.latency import Marks, expected, waits_ms, watch
from nullabona.client.api import Client
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.wire.address import Address
from nullabona.wire.messages import Appended, Done, Frames


def test_the_parts_of_a_message_are_its_total() -> None:
    """A part may be negative: on a shared connection the reader can be told before the writer."""
    marks = Marks(b"room", 1.0, 1.002, 1.007, 1.006, 1.01, 1.011)
    assert [11.0, 2.0, 5.0, -1.0, 4.0, 1.0] == pytest.approx(marks.row_ms())
    assert len(PARTS) + 1 == len(marks.row_ms())


def test_the_next_message_waits_for_an_answer_of_its_own() -> None:
    """That of the one before does not count."""

    async def twice() -> bool:
        marks = Marks(b"room")
        marks.kept.set()
        marks.begin()
        return marks.kept.is_set()

    assert asyncio.run(twice()) is False


class Engine:
    """Takes what it is given and says nothing."""

    def on_sent(self, *_: object) -> None: ...

    def on_frames(self, *_: object) -> None: ...


def watched() -> tuple[Engine, Engine, Marks]:
    """The engines of a writer and a reader, and the tags of a message in their room that was asked for."""
    writer, reader = Engine(), Engine()
    one, two = (SimpleNamespace(_session=SimpleNamespace(runner=SimpleNamespace(engine=e))) for e in (writer, reader))
    marks = Marks(b"room")
    watch(cast("Client", one), cast("Client", two), marks)
    marks.begin()
    return writer, reader, marks


def answered(writer: Engine, room: bytes, answer: object) -> None:
    target = RoomFrame("relay", room, Address(b"address"), b"secret", 2)
    writer.on_sent(SimpleNamespace(target=target), answer, 0)


def took(reader: Engine, room: bytes, *frames: bytes) -> None:
    reader.on_frames(room, b"address", 0, Frames(b"", 1, tuple(enumerate(frames, 1))), 0, "relay")


def test_only_that_a_frame_of_the_room_is_kept_is_the_relays_answer() -> None:
    """No refusal, and nothing of another room; and the first of two."""
    writer, _, marks = watched()
    answered(writer, b"else", Appended(1, b""))
    answered(writer, b"room", Done())
    assert not marks.kept.is_set()
    answered(writer, b"room", Appended(1, b""))
    assert marks.kept.is_set()
    first = marks.answered
    answered(writer, b"room", Appended(2, b""))
    assert first == marks.answered


def test_what_the_reader_takes_later_is_not_the_message() -> None:
    """An empty read is nothing, nor is another room's; and once the reader was told, its own receipt is not."""
    _, reader, marks = watched()
    took(reader, b"room")
    took(reader, b"else", b"frame")
    assert marks.came == 0
    took(reader, b"room", b"frame")
    assert 0 < marks.came <= marks.read
    marks.told, came = marks.read, marks.came
    took(reader, b"room", b"receipt")
    assert came == marks.came


def test_only_the_default_waits_on_purpose() -> None:
    """An activity digest and half of the drawn moments: less than half a second, and more than an activity digest."""
    assert waits_ms(together=True) == 0
    assert 200 < waits_ms(together=False) < 500


@pytest.mark.parametrize(
    ("together", "pause_s", "said"),
    [
        (True, 0.0, "(bar: 15)"),
        (False, 5.0, "(bar: 500, 300 of it waited on purpose)"),
        (False, 0.0, "(300 of it waited on purpose, and more the more is said: no bar)"),
    ],
)
def test_each_way_has_an_expectation_of_its_own(pause_s: float, said: str, *, together: bool) -> None:
    """What waits on purpose is not held to the bar of what does not."""
    assert said == expected(Latency(together, pause_s, 300.0, []))


def test_options_are_those_that_people_choose() -> None:
    """By default rooms do not share a connection."""
    assert latency.as_chosen(together=False).net.fast is False
    assert latency.as_chosen(together=True).net.fast is True
