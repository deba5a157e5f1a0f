"""The contract of every store of a witness, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import pytest

from nullabona.machine.postgres.place import PostgresPlace
from nullabona.witness.core.judging import Held
from nullabona.witness.store.postgres import PostgresWitnessStore
from nullabona.witness.store.rows import WitnessRows, WitnessStoreFailed
from nullabona.witness.store.sqlite import WitnessStore

ORIGIN = "log.example/cards"
HELD = Held(3, sha256(b"root").digest(), b"a note\0")
Opener: TypeAlias = Callable[[], WitnessRows]


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the store of a witness, again and again the same."""
    if request.param == "sqlite":
        return lambda: WitnessStore(tmp_path)
    place = PostgresPlace(request.getfixturevalue("database"), "witness", unsafe_without_standby=True)
    return lambda: PostgresWitnessStore(place)


def keep(store: WitnessRows, held: Held) -> Held | None:
    """Keep ``held``; what was there before."""
    return store.change(ORIGIN, lambda before: (held, before))


def test_what_was_kept_is_given_to_the_next_decision(opener: Opener) -> None:
    """Also to that of a later process; other logs are apart."""
    store = opener()
    assert keep(store, HELD) is None
    assert store.find("log.example/other") is None
    store.close()
    again = opener()
    assert HELD == keep(again, Held(4, HELD.root, b"newer"))
    assert Held(4, HELD.root, b"newer") == again.find(ORIGIN)
    again.close()


def test_a_decision_may_keep_nothing(opener: Opener) -> None:
    """Then what was kept stays."""
    store = opener()
    keep(store, HELD)
    assert "no" == store.change(ORIGIN, lambda _: (None, "no"))
    assert HELD == store.find(ORIGIN)
    store.close()


@pytest.mark.parametrize("held", [Held(2, HELD.root, b""), Held(3, bytes(32), b""), Held(4, b"short", b"")],
                         ids=["smaller", "another history", "no root"])  # fmt: skip
def test_the_tables_refuse_to_forget(opener: Opener, held: Held) -> None:
    """Not even the program itself can; the store goes on."""
    store = opener()
    keep(store, HELD)
    with pytest.raises(WitnessStoreFailed):
        keep(store, held)
    assert HELD == store.find(ORIGIN)
    assert HELD == keep(store, Held(5, HELD.root, b""))
    store.close()


def test_a_decision_that_fails_keeps_nothing(opener: Opener) -> None:
    """Whatever it raises comes out, and the next decision is made."""
    store = opener()

    def fail(_: Held | None) -> tuple[Held, None]:
        raise KeyError

    with pytest.raises(KeyError):
        store.change(ORIGIN, fail)
    assert store.find(ORIGIN) is None
    assert keep(store, HELD) is None
    store.close()


def test_nobody_deletes_a_row(opener: Opener) -> None:
    """The tables refuse it with the same sentence."""
    store = opener()
    keep(store, HELD)
    with pytest.raises(Exception, match="what was cosigned is not forgotten"):
        store._db.execute("DELETE FROM cosigned")
    assert HELD == store.find(ORIGIN)
    store.close()
