"""The simulation's loop: time leaps, nothing else is different."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from bench.leakage.clockwork import Clockwork, Stuck


@pytest.fixture
def loop() -> Iterator[Clockwork]:
    made = Clockwork()
    yield made
    made.close()


def test_a_month_passes_in_no_time(loop: Clockwork) -> None:
    async def wait() -> float:
        await asyncio.sleep(30 * 86_400)
        return asyncio.get_running_loop().time()

    before = time.monotonic()
    assert loop.run_until_complete(wait()) == pytest.approx(30 * 86_400)
    assert time.monotonic() - before < 5


def test_what_is_due_earlier_comes_earlier(loop: Clockwork) -> None:
    order: list[int] = []

    async def note(number: int, after: float) -> None:
        await asyncio.sleep(after)
        order.append(number)

    async def all_of_them() -> None:
        await asyncio.gather(note(3, 300), note(1, 1), note(2, 1.5))

    loop.run_until_complete(all_of_them())
    assert order == [1, 2, 3]


def test_what_is_due_at_one_moment_comes_in_the_order_of_asking(loop: Clockwork) -> None:
    """And what is cancelled does not come, nor does the clock go there."""
    order: list[int] = []

    async def ask() -> None:
        running = asyncio.get_running_loop()
        for number in range(20):
            running.call_at(5.0, order.append, number)
        running.call_at(4.0, order.append, -1).cancel()
        running.call_soon(order.append, 100)
        await asyncio.sleep(6)

    loop.run_until_complete(ask())
    assert order == [100, *range(20)]
    cancelled = loop.call_later(1_000, order.append, -2)
    cancelled.cancel()
    assert cancelled.cancelled()
    with pytest.raises(Stuck):
        loop.run_until_complete(asyncio.Event().wait())
    assert loop.time() == pytest.approx(6)


def test_what_fails_is_told_and_the_rest_goes_on(loop: Clockwork) -> None:
    told: list[object] = []
    done: list[int] = []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))

    async def ask() -> None:
        asyncio.get_running_loop().call_soon(int, "no number")
        asyncio.get_running_loop().call_soon(done.append, 1)
        await asyncio.sleep(1)

    loop.run_until_complete(ask())
    assert [ValueError] == [type(error) for error in told]
    assert done == [1]


def test_work_for_a_thread_is_done_at_once(loop: Clockwork) -> None:
    async def work() -> tuple[int, float]:
        running = asyncio.get_running_loop()
        return await running.run_in_executor(None, int, "7"), running.time()

    assert loop.run_until_complete(work()) == (7, 0.0)


def test_whoever_waits_for_nothing_is_found(loop: Clockwork) -> None:
    """Rather than hanging, the loop says that nothing will ever happen."""

    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        loop.run_until_complete(wait())
