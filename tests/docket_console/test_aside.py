"""While a package is made or sealed, the console answers others; what was read before may have changed by then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from tests.docket_console.forms import PRODUCE
from tests.docket_console.place import Caller, Got, Place

pytestmark = pytest.mark.timeout(240)
AT_ONCE_S = 2.0
"""A page is answered within this time while something else is held for up to 60 s."""
T = TypeVar("T")


@pytest.fixture
def sealing(tmp_path: Path) -> Iterator[Place]:
    """A console with a log and a custodian's key."""
    with Place(tmp_path, "sealing") as running:
        running.tell("register")
        yield running


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Another hand, for a request that waits."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def quickly(what: Callable[[], T]) -> T:
    """What it gives, which must be there at once."""
    begun = time.monotonic()
    found = what()
    assert time.monotonic() - begun < AT_ONCE_S
    return found


def until_used(place: Place, what: str, before: int) -> None:
    """Until the part that is held was called."""
    end = time.monotonic() + 20
    while place.tell("hold", what=what) == before:
        assert time.monotonic() < end
        time.sleep(0.02)


def reviewed(place: Place) -> str:
    """The path of a case that counsel can decide."""
    case = str(place.tell("take_in"))
    place.tell("match", case=case)
    place.tell("review", case=case)
    return f"/case/{case}"


def begin_deciding(place: Place, cora: Caller, case: str, beside: ThreadPoolExecutor) -> Future[Got]:
    """Counsel asks for the decision; its package is being made."""
    before = place.tell("hold", what="making")
    asked = beside.submit(cora.post, f"{case}/decide", PRODUCE)
    until_used(place, "making", before)
    return asked


def test_others_work_while_a_package_is_made(
    sealing: Place, beside: ThreadPoolExecutor, capsys: pytest.CaptureFixture[str]
) -> None:
    """They read, ask and sign; the package is made once for question and signature, and is what was signed."""
    case, other = reviewed(sealing), str(sealing.tell("take_in"))
    cora, ina = sealing.officer("cora"), sealing.officer("ina")
    before = sealing.tell("hold", what="making", held=False)
    asked = begin_deciding(sealing, cora, case, beside)
    begun = time.monotonic()
    assert quickly(lambda: ina.get(f"/case/{other}").status) == 200
    assert quickly(lambda: ina.does(f"/case/{other}/match")) == f"/case/{other}"
    assert quickly(lambda: cora.get("/cases").status) == 200
    took = time.monotonic() - begun
    assert not asked.done()
    sealing.tell("hold", what="making", held=False)
    assert 200 == cora.sign(asked.result()).status
    assert ("decided", before + 1) == (
        sealing.tell("state", case=case[6:]), sealing.tell("hold", what="making", held=False)
    )  # fmt: skip
    with capsys.disabled():
        print(f"\n  two pages, a form and a signature while a package is made: {1000 * took:.0f} ms")  # noqa: T201


def test_a_case_that_changed_meanwhile_is_not_decided(sealing: Place, beside: ThreadPoolExecutor) -> None:
    """It was amended while its package was made: counsel is told, and has signed nothing."""
    case, cora = reviewed(sealing), sealing.officer("cora")
    asked = begin_deciding(sealing, cora, case, beside)
    sealing.tell("amend", case=case[6:])
    sealing.tell("hold", what="making", held=False)
    got = asked.result()
    assert (409, True) == (got.status, "docket-wrong-state" in got.text)
    assert "received" == sealing.tell("state", case=case[6:])


def test_a_case_that_changed_and_came_back_is_not_decided(sealing: Place, beside: ThreadPoolExecutor) -> None:
    """Amended and reviewed again meanwhile: the package is of what stood there before, and is not taken."""
    case, cora = reviewed(sealing), sealing.officer("cora")
    asked = begin_deciding(sealing, cora, case, beside)
    sealing.tell("amend", case=case[6:])
    sealing.tell("match", case=case[6:])
    sealing.tell("review", case=case[6:])
    sealing.tell("hold", what="making", held=False)
    got = asked.result()
    assert (409, True) == (got.status, "docket-stale" in got.text)
    assert "reviewed" == sealing.tell("state", case=case[6:])


def test_whoever_was_revoked_meanwhile_decides_nothing(sealing: Place, beside: ThreadPoolExecutor) -> None:
    """Their request began in time and ends too late."""
    case, cora = reviewed(sealing), sealing.officer("cora")
    asked = begin_deciding(sealing, cora, case, beside)
    sealing.tell("revoke", officer="cora")
    sealing.tell("hold", what="making", held=False)
    assert (409, True) == (asked.result().status, "docket-not-allowed" in asked.result().text)
    assert "reviewed" == sealing.tell("state", case=case[6:])


def test_others_work_while_a_package_is_sealed(sealing: Place, beside: ThreadPoolExecutor) -> None:
    """What is saved is whole all the same."""
    case = str(sealing.tell("take_in"))
    sealing.tell("tick")
    sealing.tell("receipted", case=case)
    rolf, ina = sealing.officer("rolf"), sealing.officer("ina")
    rolf.does(f"/case/{case}/hand-over")
    before = sealing.tell("hold", what="seal")
    asked = beside.submit(rolf.get, f"/case/{case}/handed-over")
    until_used(sealing, "seal", before)
    assert quickly(lambda: ina.get(f"/case/{case}").status) == 200
    assert quickly(lambda: rolf.get(f"/case/{case}").status) == 200
    assert not asked.done()
    sealing.tell("hold", what="seal", held=False)
    assert (200, b"PK") == (asked.result().status, asked.result().body[:2])
