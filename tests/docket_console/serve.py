"""The console of a small office as a process of its own, with a clock that only moves when it is told to.

``serve.py FOLDER PORT [KIND]``. Prints ``ready`` once it listens. Every line on standard input is a command as JSON,
and is answered with a line; see `Backdoor`. The officers' key files sign what has to be signed before anybody has a
passkey.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Coroutine
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from nullabona.docket.console.passkeys.signing import VerifyPasskey, credential_of
from nullabona.docket.console.request.console import Settings
from nullabona.docket.console.routing.app import ConsoleApp
from nullabona.docket.console.run import Listen, Opened, serve_console, site_of
from nullabona.docket.console.serving.thread import DeskThread
from nullabona.docket.console.store.records import Enrolment
from nullabona.docket.core.acts import AmendDetails, KeyDetails, ReviewDetails, RevokeDetails, RoleDetails
from nullabona.docket.core.records import Decision
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.signing import credential_of as ed25519_credential
from nullabona.docket.keeping.signing import verify_ed25519
from nullabona.docket.ports import Outside
from tests.docket.desks import PRODUCE, TAXONOMY, Clock, Office, demand, make_package, producible


class Served(Office):
    """The office of tests/docket, its desk opened by the console."""

    def open(self) -> Desk:
        return None  # type: ignore[return-value] # the console opens it, on its own thread

    def open_for(self, verify: VerifyPasskey) -> Opened:
        verifiers = {"ed25519": verify_ed25519, "webauthn": verify}
        outside = Outside(self.clock, random.Random(8).randbytes, producible, make_package, verifiers)  # type: ignore[arg-type]
        self.desk = Desk(self.folder, TAXONOMY, outside)
        return Opened(self.desk)

    def stop(self) -> None:
        """Nothing else runs here."""


class Backdoor:
    """What tests may do that no request may. Runs on the desk's thread."""

    def __init__(self, office: Served, clock: Clock) -> None:
        self.office = office
        self.clock = clock
        self.app: ConsoleApp | None = None
        self.thread: DeskThread | None = None

    def do(self, command: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        return getattr(self, command.pop("do"))(**command)

    def waiting(self, command: dict[str, Any]) -> Coroutine[Any, Any, Any] | None:
        """What a command does that waits; most do not."""
        return None

    def clock_by(self, seconds: int) -> int:
        self.clock.pass_(seconds)
        return self.clock()

    def invite(self, officer: str, *, known: bool = True, name: str = "") -> dict[str, str]:
        """A token, and the identity of an officer whom the desk knows."""
        assert self.app is not None
        token = f"token-of-{officer}-{random.Random().randbytes(8).hex()}"
        enrolment = Enrolment(officer, name or officer.title(), self.clock() + 3600, known)
        self.app.console.store.keep_enrolment(token, enrolment)
        person = self.office.people.get(officer)
        return {"token": token, "identity": person.identity if person else ""}

    def admit(self, officer: str) -> int:
        """Two officers sign for every authenticator of ``officer`` that waits."""
        assert self.app is not None
        first, second = ("ben", "cora") if officer == "ada" else ("ada", "carl" if officer == "ben" else "ben")
        waiting = [o for o in self.app.console.store.passkeys_of(officer) if not self.app.console.admitted(o)]
        for passkey in waiting:
            self.office.add_key(first, second, KeyDetails(officer, credential_of(passkey)))
        return len(waiting)

    def register(self, name: str = "seoul-police") -> None:
        self.office.register(name)

    def take_in(self, by: str = "ina", **more: Any) -> str:  # noqa: ANN401 - fields of a demand
        given = msgspec.convert(msgspec.to_builtins(demand(self.clock)) | more, type(demand(self.clock)))
        return self.office.take_in(by, given).hex()

    def walk(self, case: str, decision: dict[str, Any] | None = None) -> None:
        self.office.walk(bytes.fromhex(case), msgspec.convert(decision, Decision) if decision else PRODUCE)

    def match(self, case: str) -> None:
        self.office.sign("ina", self.office.desk.propose_match(self.office.who("ina"), bytes.fromhex(case)))

    def review(self, case: str) -> None:
        self.office.do("rea", Action.REVIEW, bytes.fromhex(case), ReviewDetails())

    def amend(self, case: str) -> None:
        """Another reference than the one it came with."""
        given = self.office.desk.glance(self.office.who("ivo"), bytes.fromhex(case)).content.demand
        details = AmendDetails(msgspec.structs.replace(given, authority_ref="2026-1235"), "misread")
        self.office.do("ivo", Action.AMEND, bytes.fromhex(case), details)

    def propose_key(self, officer: str = "cora") -> str:
        """The first signature under another key of ``officer``; it waits for a second."""
        details = KeyDetails(officer, ed25519_credential(b"\x07" * 32, "another key"))
        first = self.office.desk.propose(self.office.who("ada"), DeskAction.ADD_KEY, None, details)
        return self.office.sign("ada", first).challenge.hex()

    def lose(self, officer: str, keep: int) -> None:
        """All authenticators but ``keep`` are set aside, which no route would do."""
        assert self.app is not None
        store = self.app.console.store
        for passkey in store.passkeys_of(officer)[keep:]:
            store.set_aside(officer, passkey.credential_id)

    def originals(self) -> list[int]:
        """How many originals are in memory: handed in, and asked to be signed for."""
        assert self.app is not None
        staged, sessions = self.app.console.staging._staged, self.app.console.sessions._open
        return [len(staged), sum(one.pending is not None for one in sessions.values())]

    def sweep(self) -> None:
        assert self.app is not None
        self.app.sweep()

    def recovery_ready(self, officer: str) -> bool | None:
        assert self.app is not None
        found = self.app.console.store.recovery(officer)
        return None if found is None else found.ready(self.clock())

    def revoke(self, officer: str) -> None:
        self.office.both("ada", "ben", DeskAction.REVOKE, RevokeDetails(officer, "left"))

    def grant(self, officer: str, role: str) -> None:
        self.office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails(officer, Role(role)))

    def take(self, officer: str, role: str) -> None:
        self.office.both("ben", "cora", DeskAction.TAKE_ROLE, RoleDetails(officer, Role(role)))

    def state(self, case: str) -> str:
        return self.office.desk.glance(self.office.who("aud"), bytes.fromhex(case)).state

    def kinds(self) -> list[str]:
        return [event.kind for event in self.office.desk.journal(self.office.who("aud"))]

    def waiting_for_two(self) -> int:
        return len(self.office.desk.pending())

    def officers(self) -> dict[str, list[str]]:
        return {one.id: [*one.roles] for one in self.office.desk.staff.officers() if one.active}


async def main(folder: str, port: str, kind: str = "") -> None:
    """Serve until standard input ends. ``kind``: "public", "sealing" or "settling": one with a log (public.py);
    "seoul": one whose officers read Korean time.
    """
    clock = Clock()
    office: Served
    backdoor: Backdoor
    if kind and kind != "seoul":
        from tests.docket_console.public import PublicBackdoor, PublicServed

        public = PublicServed(Path(folder), clock, kind=kind)
        office, backdoor = public, PublicBackdoor(public, clock)
    else:
        office = Served(Path(folder) / "desk", clock)
        backdoor = Backdoor(office, clock)
    zone = ZoneInfo("Asia/Seoul") if kind == "seoul" else UTC
    settings = Settings(site_of(f"http://localhost:{port}"), zone=zone)

    def ready(app: ConsoleApp, thread: DeskThread) -> None:
        backdoor.app, backdoor.thread = app, thread
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    listen = Listen("127.0.0.1", int(port))
    serving = asyncio.create_task(
        serve_console(Path(folder) / "console", office.open_for, settings, listen, clock, ready)
    )
    listening = asyncio.create_task(_listen(backdoor))
    await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    await asyncio.wait({serving})
    office.stop()


async def _listen(backdoor: Backdoor) -> None:
    loop = asyncio.get_running_loop()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        waits = backdoor.waiting(command)
        if waits is None:
            answer = await loop.run_in_executor(backdoor.thread, backdoor.do, command)
        else:
            assert backdoor.thread is not None
            answer = await asyncio.wrap_future(backdoor.thread.begin(waits))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
