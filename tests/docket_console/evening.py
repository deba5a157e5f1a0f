"""A desk of six people, as docs/how-to/answer-a-warrant.ko.md founds it: the law's rows, Korean time, a real log."""

from __future__ import annotations

import random
from pathlib import Path

from nullabona.docket.console.passkeys.signing import VerifyPasskey
from nullabona.docket.console.run import Opened
from nullabona.docket.core.roles import Role
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.signing import verify_ed25519
from nullabona.docket.ports import Outside, Publication
from nullabona.docket.production.manifest import Operator
from nullabona.docket.production.package import Packager
from nullabona.docket.taxonomy import load
from nullabona.log.policy import Policy
from nullabona.sequencer import open_log
from tests.docket import desks
from tests.docket.desks import Clock, producible
from tests.docket.publishing import ORIGIN, POLICY, SIGNERS
from tests.docket_console.public import PublicServed

SIX = {
    "ada": (Role.ADMIN,),
    "ben": (Role.ADMIN,),
    "aud": (Role.AUDITOR,),
    "ina": (Role.INTAKE, Role.PUBLISHER),
    "rea": (Role.REVIEWER, Role.RELEASER, Role.NOTIFIER),
    "cora": (Role.COUNSEL,),
}


class EveningServed(PublicServed):
    """Its packages name their custodian and are signed."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        desks.ROLES = SIX
        super().__init__(folder, clock, kind="sealing")
        self.packager = Packager(Operator("예시 메신저", "relay.example", "nullabona", "김보관", "책임자"), load())

    def open_for(self, verify: VerifyPasskey) -> Opened:
        log = open_log(
            self.root / "log", SIGNERS, ORIGIN, witnesses=[self.witness.address], policy=Policy.parse(POLICY)
        )
        verifiers = {"ed25519": verify_ed25519, "webauthn": verify}
        outside = Outside(
            self.clock, random.Random(8).randbytes, producible, self.packager, verifiers, self.seal,  # type: ignore[arg-type]
            contact="legal@relay.example",
        )  # fmt: skip
        self.desk = Desk(self.folder, load().taxonomy(), outside, Publication(log, ORIGIN, POLICY))
        return Opened(self.desk, log.close, self.put)
