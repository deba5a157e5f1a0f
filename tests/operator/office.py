"""An operator with everything: relay, directory, legal desk and a witness of both logs, on real sockets and clocks.

The relay is a process; the desk lies in a folder that ``nulla docket --data`` opens as well.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from nullabona.directory.keys import FILE as RECORD_KEYS
from nullabona.directory.keys import open_keys
from nullabona.directory.service import read_producible
from nullabona.docket.core.acts import GagDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.records import ClassAnswer, Decision, Gag, Gate, Identifier
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.signing import verify_ed25519
from nullabona.docket.ports import Outside, Publication
from nullabona.docket.taxonomy import load
from nullabona.log.policy import Policy
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.operating.desk import CONFIG
from nullabona.operating.officer_file import OfficerFile
from nullabona.processes.program import Ended
from nullabona.sequencer import Log, open_log
from nullabona.wire.epoch import origin_of
from nullabona.witness.core.limits import Limits
from tests.api.service import Service
from tests.cli.shell import nulla
from tests.docket.desks import Clock, Office, demand, make_package
from tests.sequencer.logs import policy_text
from tests.witness.running import RunningWitness, log_signers, seed, watched

T = TypeVar("T")
WITNESS = "witness.example/w1"
PERIOD_S = 60
HOUR_S = 3_600
SOME = Decision("produce", (ClassAnswer("subscriber", "produced"), ClassAnswer("content", "not_held")))


class PunctualWitness(RunningWitness):
    """A witness whose clock is the machine's."""

    @property
    def now_s(self) -> int:
        return int(time.time())

    @now_s.setter
    def now_s(self, now_s: int) -> None:
        """It goes by itself."""


class OperatorService(Service):
    """A relay whose record and docket one witness cosigns. ``names_docket``: its directory shows the docket's keys."""

    def __init__(self, folder: Path, *, names_docket: bool = True, limits: str = "", period_s: int = 600) -> None:
        self.folder = folder
        self.names_docket = names_docket
        self.limits = limits
        self.witness: PunctualWitness | None = None
        folder.mkdir(exist_ok=True)
        try:
            super().__init__(folder / "data", period_s=period_s)
        except BaseException:
            self.stop()
            raise

    @property
    def origin(self) -> str:
        """Of the docket."""
        return f"{self.host}/docket"

    @property
    def policy(self) -> str:
        """Of the docket alone, as the desk and verifiers have it."""
        return policy_text(log_signers(self.origin, "docket"), [WITNESS], quorum=1)

    @property
    def vkey(self) -> str:
        """Of the witness."""
        assert self.witness is not None
        return self.witness.signers[0].verifier.encode()

    def more(self) -> list[str]:
        if self.witness is None:
            keys = open_keys(self.record / RECORD_KEYS, origin_of(self.host))
            logs = [watched(keys.signers), watched(log_signers(self.origin, "docket"))]
            self.witness = PunctualWitness(
                self.folder / "witness", logs, WITNESS, limits=Limits(cosignatures_per_minute=10_000)
            )
        lines = f"witness w0 {self.vkey} {self.witness.url}\ngroup all 1 w0\nquorum all\n"
        (self.folder / "witnesses").write_text(lines)
        (self.folder / "docket").write_text(self.policy)
        (self.folder / "relay.toml").write_text(f"[limits]\n{self.limits}\n")
        more = ["--config", str(self.folder / "relay.toml"), "--witnesses", str(self.folder / "witnesses")]
        if not self.names_docket:
            return more
        return [*more, "--docket", str(self.folder / "docket"), "--docket-files", str(self.docket_files)]

    @property
    def docket_files(self) -> Path:
        """Where the docket's public files are looked for."""
        return self.folder.parent / "office" / "log" / "public"

    def stop(self) -> None:
        """The end of it."""
        self.kill()
        if self.witness is not None:
            self.witness.stop()

    def __exit__(self, *_: object) -> None:
        self.stop()


class LiveOffice(Office):
    """The legal desk beside a live relay. Its own clock is behind by an hour, so that periods can pass at once."""

    def __init__(self, folder: Path, service: OperatorService, thread: ThreadPoolExecutor) -> None:
        assert service.witness is not None
        self._thread = thread
        folder.mkdir()
        self.root, self.service = folder, service
        now = int(time.time())
        self.signers = log_signers(service.origin, "docket")
        self.loop = asyncio.Runner()
        self.log = self._open_log()
        self.publication = Publication(self.log, service.origin, service.policy)
        cadence = Cadence(start_s=now - 2 * HOUR_S, period_s=PERIOD_S, slots=8, horizon_s=400 * 86_400, lag=30)
        super().__init__(folder / "desk", Clock(now - HOUR_S), cadence)
        self.register("us-marshals", title="US Marshals", jurisdiction="US")
        self._lay_out()

    @classmethod
    def found(cls, folder: Path, service: OperatorService) -> LiveOffice:
        """A desk on a thread of its own, as SQLite and its loop want it; `stop` it in the end."""
        thread = ThreadPoolExecutor(1)
        return thread.submit(cls, folder, service, thread).result()

    def tell(self, handle: str) -> None:
        """A warrant for a handle, up to its notice in the person's inbox, from another thread."""
        self._thread.submit(self.notify, handle).result()
        done = self._thread.submit(self.deliver).result()
        assert 1 == done.row["delivered"], done

    async def work(self, act: Callable[..., T], *arguments: object) -> T:
        """Do something at the desk while clients go on."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    def _open_log(self) -> Log:
        assert self.service.witness is not None
        witnesses = [self.service.witness.address]
        policy = Policy.parse(self.service.policy)
        return open_log(self.root / "log", self.signers, self.service.origin, witnesses=witnesses, policy=policy)

    def open(self) -> Desk:
        def produce(handle: str) -> Any:  # noqa: ANN401 - what the directory holds
            return read_producible(self.service.data, handle)

        outside = Outside(self.clock, self.random_bytes, produce, make_package, {"ed25519": verify_ed25519})
        return Desk(self.folder, load().taxonomy(), outside, self.publication)

    def _lay_out(self) -> None:
        """What the command needs beside the desk."""
        assert self.service.witness is not None
        address = self.service.witness.address
        (self.root / "policy").write_text(self.service.policy)
        kinds = ((signer.verifier.kind, seed(f"docket{signer.verifier.kind}")) for signer in self.signers)
        write_key_file(
            self.root / "log.keys", [encode_private_key(kind, self.service.origin, each) for kind, each in kinds]
        )
        (self.root / CONFIG).write_text(
            f'operator = "Example"\norigin = "{self.service.origin}"\ndirectory = "{self.service.data}"\n'
            f'log_keys = "log.keys"\npolicy = "policy"\n[[witness]]\nurl = "{address.url}"\n'
            f'vkeys = ["{self.service.vkey}"]\n'
        )
        nora = self.people["nora"]
        with open(self.root / "nora.officer", "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(msgspec.json.encode(OfficerFile(nora.name, nora.seed, nora.identity)))

    def tick(self) -> None:
        """Let a period pass, with its batch."""
        self.clock.now_s = self.cadence.due_of(self.cadence.period_at(self.clock()))
        self.loop.run(self.desk.publish_due())

    def answered(self, handle: str, decision: Decision = SOME) -> bytes:
        """A search warrant for a handle, from intake to hand-over."""
        gates = (Gate("document_received", met=True), Gate("agency_called_back", met=True))
        given = demand(
            self.clock, instrument="US.WARRANT", authority="us-marshals",
            legal_basis="18 U.S.C. § 2703(c)(1)(A)", identifiers=(Identifier("handle", handle),),
            gates=gates,
        )  # fmt: skip
        case = self.walk(self.take_in(given=given), decision)
        self.tick()
        self.do("cora", Action.RECEIPT, case)
        self.do("rolf", Action.HAND_OVER, case)
        return case

    def notify(self, handle: str, decision: Decision = SOME) -> bytes:
        """A warrant whose notice is drawn up, and in the log."""
        case = self.answered(handle, decision)
        self.do("nora", Action.NOTIFY, case)
        self.tick()
        return case

    def gag(self, case: bytes, gag: Gag | None) -> None:
        """Renew or lift a gag, with both signatures."""
        action = Action.RENEW_GAG if gag else Action.LIFT_GAG
        self.do("cora", action, case, GagDetails(gag, "as the court ordered"))
        self.sign("carl", self.desk.propose_confirm_gag(self.who("carl"), case))

    def deliver(self) -> Ended:
        """``nulla docket deliver`` as a process: the desk is closed for it, and opened again."""
        self.desk.close()
        self.loop.run(self.log.close())
        try:
            officer = str(self.root / "nora.officer")
            return nulla("docket", "--data", str(self.root), "--officer", officer, "deliver", "--json")
        finally:
            self.log = self._open_log()
            self.publication = Publication(self.log, self.service.origin, self.service.policy)
            self.desk = self.open()

    def stop(self) -> None:
        """The end of it."""
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _stop(self) -> None:
        self.desk.close()
        self.loop.run(self.log.close())
        self.loop.close()
