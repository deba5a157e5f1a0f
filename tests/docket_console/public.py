"""The office of serve.py with a real log, a real witness that can be slow, real packages, and inboxes that can be slow.

The kind ``sealing`` has a custodian's key, ``settling`` long periods and a horizon that comes soon. What is put into
inboxes is handed out by the back door, still sealed.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import msgspec

from nullabona.docket.console.passkeys.signing import VerifyPasskey
from nullabona.docket.console.run import Opened, publish_once
from nullabona.docket.core.acts import GagDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Gag
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.signing import verify_ed25519
from nullabona.docket.ports import Outside, Publication
from nullabona.docket.production.sealing import KeyedSeal
from nullabona.log.keys import Kind
from nullabona.log.policy import Policy
from nullabona.machine.http_client import HttpMisbehaved
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.sequencer import open_log
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import Inbox
from nullabona.witness.core.limits import Limits
from tests.docket import desks
from tests.docket.desks import NOON, TAXONOMY, Clock, producible
from tests.docket.packages import desk as packing_desk
from tests.docket.packages import packager
from tests.docket.publishing import CADENCE, ORIGIN, POLICY, SIGNERS, WITNESS
from tests.docket_console.serve import Backdoor, Served
from tests.wire import cards
from tests.witness.running import RunningWitness, seed, watched

HANDLE: Final = "mina@relay.example"
SETTLING: Final = msgspec.structs.replace(
    CADENCE, period_s=30 * DAY, slots=6, band=4, horizon_s=200 * DAY, window_s=DAY
)


class Held:
    """A part of the desk that takes as long as a test wants, and counts how often it was used."""

    def __init__(self, real: Any) -> None:  # noqa: ANN401 - whatever is called
        self._real = real
        self.go = threading.Event()
        self.go.set()
        self.calls = 0

    def __call__(self, *args: Any) -> Any:  # noqa: ANN401 - as the real one
        self.calls += 1
        assert self.go.wait(60), "the test never let go"
        return self._real(*args)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real one
        return getattr(self._real, name)


class PublicServed(Served):
    """Its desk publishes to a witnessed log."""

    def __init__(self, folder: Path, clock: Clock, *, kind: str) -> None:
        encoded = cards.card_bytes("mina", parse_handle(HANDLE), day=NOON // DAY)
        desks.CARDS[HANDLE] = {"handle": HANDLE, "encoded": encoded.hex(), "registered_day": 20_700}
        limits = Limits(cosignatures_per_minute=100_000)
        self.witness = RunningWitness(folder / "witness", [watched(SIGNERS)], WITNESS, limits=limits)
        self.root = folder
        self.inboxes: list[tuple[str, Inbox, bytes]] = []
        self.open_inboxes = threading.Event()
        self.open_inboxes.set()
        self.broken_inboxes = False
        self._let_go = threading.Event()
        self.has_witness = True
        super().__init__(folder / "desk", clock, SETTLING if kind == "settling" else CADENCE)
        self.witness.now_s = clock()
        self.seal: Any = Held(self._keyed(folder)) if kind == "sealing" else None
        self.making = Held(packager())

    def open_for(self, verify: VerifyPasskey) -> Opened:
        log = open_log(
            self.root / "log", SIGNERS, ORIGIN, witnesses=[self.witness.address], policy=Policy.parse(POLICY)
        )
        verifiers = {"ed25519": verify_ed25519, "webauthn": verify}
        random_bytes = random.Random(8).randbytes
        outside = Outside(self.clock, random_bytes, producible, self.making, verifiers, self.seal)  # type: ignore[arg-type]
        self.desk = Desk(self.folder, TAXONOMY, outside, Publication(log, ORIGIN, POLICY))
        return Opened(self.desk, log.close, self.put)

    def put(self, handle: str, inbox: Inbox, frame: bytes) -> None:
        """Into an inbox, once the relay answers."""
        self.open_inboxes.wait(60)
        if self.broken_inboxes:
            raise HttpMisbehaved("the relay did not take the notice")
        self.inboxes.append((handle, inbox, frame))

    def hold_witness(self, *, slow: bool) -> None:
        """Keep the witness's one thread busy, so that it answers nothing until it is let go."""
        self._let_go.set()
        if slow:
            self._let_go = threading.Event()
            self.witness.witness._thread.submit(self._let_go.wait, 60)

    def stop(self) -> None:
        self._let_go.set()
        self.making.go.set()
        if self.has_witness:
            self.witness.stop()

    @staticmethod
    def _keyed(folder: Path) -> KeyedSeal:
        custodian, keys = folder / "custodian.pem", folder / "log.keys"
        custodian.write_bytes(packing_desk().custodian.encode())
        kinds = (Kind.ED25519, Kind.COSIGN_MLDSA44)
        write_key_file(keys, [encode_private_key(kind, ORIGIN, seed(f"log{kind}")) for kind in kinds])
        return KeyedSeal(custodian, keys)


class PublicBackdoor(Backdoor):
    """And what only an office with a log can do."""

    office: PublicServed

    def tick_due(self) -> int:
        """The number of the period that the next tick publishes."""
        return self.office.cadence.period_at(self.clock())

    def last_period(self) -> int:
        """The newest period that was published."""
        assert self.app is not None
        period = self.app.console.pulse.period
        return -1 if period is None else period

    def begin_publishing(self, periods: int = 1) -> None:
        """As `tick`, without waiting for the end of it."""
        assert self.thread is not None
        self.thread.begin(self.tick(periods))

    def waiting(self, command: dict[str, Any]) -> Coroutine[Any, Any, Any] | None:
        waits = {"tick": self.tick, "late": self.late, "try_publishing": self.try_publishing}.get(command["do"])
        return waits(int(command.get("periods", 1))) if waits else None

    async def tick(self, periods: int) -> int:
        """Let whole periods pass, each with its batch in time; which one was published last."""
        assert self.app is not None
        for _ in range(periods):
            cadence = self.office.cadence
            self.clock.now_s = cadence.due_of(cadence.period_at(self.clock()))
            self.office.witness.now_s = self.clock()
            await publish_once(self.app.console, self.clock)
            problem = self.app.console.pulse.problem
            if problem is not None:
                raise problem
        return self.app.console.pulse.period or 0

    async def late(self, periods: int) -> int:
        """Publication was missed for so many periods, and happens now; which one was published last."""
        self.clock_by(periods * self.office.cadence.period_s)
        return await self.tick(1)

    def clock_by(self, seconds: int) -> int:
        self.office.witness.now_s += seconds
        return super().clock_by(seconds)

    def notified(self, case: str) -> None:
        """The notifier has signed."""
        self.office.do("nora", Action.NOTIFY, bytes.fromhex(case))

    def lose_witness(self) -> None:
        """Nobody cosigns any more."""
        self.office.witness.stop()
        self.office.has_witness = False

    async def try_publishing(self, periods: int) -> str:
        """A batch that is due, whatever comes of it; what went wrong."""
        assert self.app is not None
        cadence = self.office.cadence
        self.clock.now_s = cadence.due_of(cadence.period_at(self.clock()) + periods - 1)
        await publish_once(self.app.console, self.clock)
        problem = self.app.console.pulse.problem
        return "" if problem is None else problem.code

    def gag(self, case: str) -> None:
        """Renew a gag, with both signatures."""
        details = GagDetails(Gag("18 U.S.C. § 2705(b)"), "as the court ordered")
        self.office.do("cora", Action.RENEW_GAG, bytes.fromhex(case), details)
        confirm = self.office.desk.propose_confirm_gag(self.office.who("carl"), bytes.fromhex(case))
        self.office.sign("carl", confirm)

    def hold(self, what: str, *, held: bool = True) -> int:
        """Make whatever makes or seals packages wait, or let it go on; how often it was used so far."""
        part = {"making": self.office.making, "seal": self.office.seal}[what]
        assert isinstance(part, Held)
        part.go.clear() if held else part.go.set()
        return part.calls

    def register_with_key(self, name: str, recipient: str) -> None:
        self.office.register(name, recipient)

    def receipted(self, case: str, decision: dict[str, Any] | None = None) -> None:
        """From intake to the receipt; the slot of the intake must be published."""
        self.walk(case, decision)
        self.office.do("cora", Action.RECEIPT, bytes.fromhex(case))

    def bar(self, case: str) -> None:
        self.office.bar(bytes.fromhex(case))

    def hand_over(self, case: str) -> None:
        self.office.do("rolf", Action.HAND_OVER, bytes.fromhex(case))

    def finish(self, case: str) -> None:
        """From the hand-over to the close of a case that may be shown."""
        self.bar(case)
        self.office.do("pia", Action.PUBLISH, bytes.fromhex(case))
        self.office.do("pia", Action.CLOSE, bytes.fromhex(case))

    def inboxes(self, *, hold: bool = False, broken: bool = False) -> list[tuple[str, str, str]]:
        """What lies in the inboxes; from now on they take nothing (``hold``) or refuse (``broken``)."""
        (self.office.open_inboxes.clear if hold else self.office.open_inboxes.set)()
        self.office.broken_inboxes = broken
        return [(handle, inbox.address.hex(), frame.hex()) for handle, inbox, frame in self.office.inboxes]

    def slow_witness(self, *, slow: bool) -> None:
        """From now on the witness answers nothing, or again."""
        self.office.hold_witness(slow=slow)

    def lose_custodian(self) -> None:
        """The key is gone from the disk."""
        assert self.office.seal is not None
        (self.office.root / "custodian.pem").unlink()
