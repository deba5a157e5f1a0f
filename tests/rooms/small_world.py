"""Small worlds, exhaustively: every order of a few events of honest devices, a hostile one and a lying relay.

The real core, store and MLS run; time and randomness are the world's, and chance always draws the least. Between two
events every device starts anew from its store, as it may at any time. States are told apart by
`tests.rooms.small_state.fingerprint`, and each is gone on from once.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from nullabona.client.core import commands
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.store import SqliteStore
from nullabona.errors import NullabonaError
from tests.rooms.byzantine import Hostile
from tests.rooms.byzantine_bounds import HOUR, MINUTE
from tests.rooms.copying import copied
from tests.rooms.kept import KeptEpoch
from tests.rooms.model_relay import ModelRelay
from tests.rooms.small_state import fingerprint
from tests.rooms.world import Person, World

CALM_H: Final = 26


class Least:
    """Chance that draws the least, and other bytes each time."""

    def __init__(self, seed: int) -> None:
        self._state, self._count = seed.to_bytes(8, "big"), 0

    def bytes(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_128(self._state + self._count.to_bytes(8, "big")).digest(count)

    def between(self, low: int, high: int) -> int:
        return low


@dataclass
class SmallWorld:
    """Two or three honest devices and a hostile one, in a room of two epochs; what may happen in it."""

    honest_count: int = 2
    events: dict[str, Callable[[], None]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(7)
        self.world.dice = Least(7)  # type: ignore[assignment]
        self.world.relay._dice = self.world.dice
        self.honest = [self.world.person(name) for name in ("ada", "ben", "cem")[: self.honest_count]]
        self.bad = self.world.person("mal")
        for one in (*self.honest, self.bad):
            for other in (*self.honest, self.bad):
                if one is not other:
                    self.world.befriend(one, other)
        self.room = self.world.group(*self.honest, self.bad)
        self.hostile = Hostile(self.bad, self.room, self.honest)
        with self.honest[0].engine.step(self.world.now, self.room) as step:
            commands.update_keys(step, self.room)
        self.world.settle(span=20 * MINUTE)
        self.hostile.keep()
        self.bad.online = False
        self.admins = {self.honest[0].account}
        self.events = self._events()

    # -- what may happen --------------------------------------------------------------------------------------------

    def _events(self) -> dict[str, Callable[[], None]]:
        """By name. Those with a ``!`` happen once at most."""
        a, b = self.honest[:2]
        found: dict[str, Callable[[], None]] = {}
        for person in self.honest:
            found[f"{person.name} sends"] = lambda person=person: self._sends(person)  # type: ignore[misc]
            found[f"{person.name} works"] = lambda person=person: self._works(person)  # type: ignore[misc]
            found[f"{person.name} reads"] = lambda person=person: self._reads(person)  # type: ignore[misc]
        found |= {
            "35 s pass": lambda: self._passes(35_000),
            "15 min pass": lambda: self._passes(15 * MINUTE),
            "ben says something!": lambda: self._says(b),
            "ada renews keys!": lambda: self._wants(a, commands.update_keys),
            "ben renews keys!": lambda: self._wants(b, commands.update_keys),
            "ada puts mal out!": lambda: self._wants(a, self._out),
            "ben crashes!": b.crash,
            "the relay loses all!": self.world.relay.wipe,
            "the relay shows ben what it was!": self._splits,
            "mal names everybody!": lambda: self._does(self.hostile._ends_room),
            "mal takes over!": lambda: self._does(self.hostile._takes_over),
            "mal claims noise!": lambda: self._does(self.hostile._freezes),
            "mal commits!": lambda: self._does(lambda: self.hostile._ahead(1)),
            "mal claims its own commit!": lambda: self._does(self._claims_own),
            "mal invites!": lambda: self._does(self.hostile._invites),
            "mal trims!": lambda: self._does(self._trims),
        }
        return found

    def _sends(self, person: Person) -> None:
        while items := self.world.queues(person):
            for item in items:
                self.world.post(person, item)

    def _reads(self, person: Person) -> None:
        for room, want in self.world.reads(person):
            self.world.read(person, room, want)
        self.world.fetch(person)
        person.engine.tick(self.world.now)

    def _works(self, person: Person) -> None:
        """All that it can do now, until nothing is left: a way back into the room is one event."""
        for _ in range(50):
            if not self.world.turn(person):
                return

    def _passes(self, ms: int) -> None:
        self.world.pass_time(ms)
        for person in self.honest:
            person.engine.tick(self.world.now)

    def _says(self, person: Person) -> None:
        text = f"{person.name} {len(self.said)}"
        try:
            person.send(self.room, text)
        except NotInRoom:
            return
        self.said.append(text)

    def _wants(self, person: Person, command: Callable[..., object]) -> None:
        try:
            with person.engine.step(self.world.now, self.room) as step:
                command(step, self.room)
        except NullabonaError:
            return

    def _out(self, step: object, room: bytes) -> None:
        commands.remove_account(step, room, self.bad.account)  # type: ignore[arg-type]

    def _splits(self) -> None:
        self.honest[1].relay = self.world.relay.copy()

    def _does(self, deed: Callable[[], None]) -> None:
        """In the newest epoch that it is or was in; its own device does nothing by itself."""
        deed()

    def _claims_own(self) -> None:
        from nullabona.client.core.model.proofs import make_claim
        from nullabona.wire.frame import Kind

        kept = self.hostile.kept[0]
        group = kept.group()
        commit = group.commit(kept.signer, update=True).commit
        claim = make_claim(self.bad.mls, self.bad.me.signature_key, kept.keys.box.address, commit, ())
        self.hostile._put(kept, Kind.SETTLED, claim)

    def _trims(self) -> None:
        for kept in self.hostile.kept:
            self.world.relay.trim(bytes(kept.keys.box.address), 2**23)

    # -- what must hold ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """At any moment. Raises `AssertionError`."""
        for person in self.honest:
            if person.phase(self.room) == "joined":
                assert set(person.info(self.room).admins) == self.admins, f"{person.name} has other admins"
            texts = person.texts(self.room)
            assert len(texts) == len(set(texts)), f"{person.name} sees something twice"

    def calm(self) -> None:
        """After a day in which the relay is honest: all are together and have all. Raises `AssertionError`."""
        for person in self.honest:
            person.relay = None
        self.world.settle(span=CALM_H * HOUR, most=3_000)
        self.look()
        phases = {person.name: person.phase(self.room) for person in self.honest}
        assert set(phases.values()) == {"joined"}, phases
        assert 1 == len({person.where(self.room) for person in self.honest}), "they are apart"
        for person in self.honest:
            assert set(self.said) <= set(person.texts(self.room)), f"{person.name} lost something"
            if "ada puts mal out!" in self.done:
                assert self.bad.account not in person.members(self.room), "whom the admin removed is in"


@dataclass(frozen=True)
class Moment:
    """All that a small world is at one moment, apart from it."""

    now: int
    stores: tuple[SqliteStore, ...]
    relay: ModelRelay
    shown_ben: ModelRelay | None
    kept: tuple[KeptEpoch, ...]
    done: tuple[str, ...]
    said: tuple[str, ...]


def moment_of(small: SmallWorld) -> Moment:
    """The world as it is. What a device has in memory alone is not in it: every device starts anew after each event."""
    world, ben = small.world, small.honest[1]
    return Moment(
        world.now, tuple(copied(person.store) for person in small.honest), world.relay.copy(),
        ben.relay.copy() if ben.relay is not None else None, tuple(small.hostile.kept), tuple(small.done),
        tuple(small.said),
    )  # fmt: skip


def restore(small: SmallWorld, moment: Moment) -> None:
    """The world as it was."""
    small.world.now = moment.now
    small.world.relay = moment.relay.copy()
    small.honest[1].relay = moment.shown_ben.copy() if moment.shown_ben is not None else None
    small.hostile.kept[:] = [replace(kept, commits=list(kept.commits)) for kept in moment.kept]
    small.done, small.said = list(moment.done), list(moment.said)
    for person, store in zip(small.honest, moment.stores, strict=True):
        person.mls.abandon()
        person.store.close()
        person.store = copied(store)
        person.boot()


@dataclass
class Covered:
    """What was covered so far."""

    depth: int
    events: int
    states: int = 1
    transitions: int = 0
    calms: int = 0
    unfinished: int = 0
    """States, fewer than ``depth`` events away, whose events were not all tried as the time was over."""
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


@dataclass
class Search:
    """A search to ``depth`` events, first all of one event, then all of two: it says how far it came in its time.

    Every ``calm_every``-th new state is let come to rest and checked as well.
    """

    small: SmallWorld
    covered: Covered
    ends_at: float
    calm_every: int = 1
    share: tuple[int, int] = (0, 1)
    """Of the first events those whose number leaves the first when divided by the second."""
    _seen: set[bytes] = field(default_factory=set)

    def go(self) -> None:
        """From the state as it is."""
        self.small.look()
        self._seen.add(fingerprint(self.small.world, ([], [])))
        level = [moment_of(self.small)]
        for depth in range(self.covered.depth):
            level = self._next_level(level, first=depth == 0)

    def _next_level(self, level: list[Moment], *, first: bool) -> list[Moment]:
        found: list[Moment] = []
        for number, moment in enumerate(level):
            if time.monotonic() > self.ends_at:
                self.covered.unfinished += len(level) - number
                break
            names = [name for name in self.small.events if not (name.endswith("!") and name in moment.done)]
            if first:
                names = [name for number, name in enumerate(names) if number % self.share[1] == self.share[0]]
            for name in names:
                restore(self.small, moment)
                if self._after(name):
                    found.append(moment_of(self.small))
        return found

    def _after(self, name: str) -> bool:
        """Let it happen; whether what comes of it is new, and nothing is wrong with it."""
        small = self.small
        small.done.append(name)
        self.covered.transitions += 1
        try:
            small.events[name]()
            small.look()
            once = sorted(each for each in small.done if each.endswith("!"))
            state = fingerprint(small.world, (once, small.said))
            if state in self._seen:
                return False
            self._seen.add(state)
            self.covered.states += 1
            self._calm(state)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
            where = traceback.extract_tb(error.__traceback__)[-1].name
            text = (str(error).splitlines() or [""])[0]
            self.covered.failures.append(f"{type(error).__name__}: {text} ({where}) after: {', '.join(small.done)}")
            return False
        return True

    def _calm(self, state: bytes) -> None:
        if int.from_bytes(state[:4], "big") % self.calm_every:
            return
        self.covered.calms += 1
        before = moment_of(self.small)
        self.small.calm()
        restore(self.small, before)


def explore(
    depth: int,
    *,
    minutes: float = 1e9,
    honest: int = 2,
    calm_every: int = 1,
    share: tuple[int, int] = (0, 1),
    without: Sequence[str] = (),
) -> Covered:
    """Every order of at most ``depth`` events, as far as the time allows. ``without``: events that do not happen."""
    began = time.monotonic()
    small = SmallWorld(honest)
    for name in without:
        del small.events[name]
    covered = Covered(depth, len(small.events))
    Search(small, covered, began + 60 * minutes, calm_every, share).go()
    covered.seconds = time.monotonic() - began
    return covered
