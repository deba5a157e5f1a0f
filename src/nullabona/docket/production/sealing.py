"""The desk's seal: the custodian's and the operator's keys, read for each package and not kept in memory.

Only the hash of a key file's certificate is cached, because checking a key takes a fifth of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import Approval, Event, Package
from nullabona.docket.production.evidence import Custody, Evidence
from nullabona.docket.production.identity import CustodianKeyWrong, read_custodian
from nullabona.machine.failures import reason_of
from nullabona.machine.keyfile import read_key_file


@dataclass(frozen=True, slots=True)
class KeyedSeal:
    """Seals with the keys in two files; a `nullabona.docket.ports.SealPackage`."""

    custodian_file: Path
    log_keys: Path
    _known: dict[bytes, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """SHA-256 of a key file → SHA-256 of its certificate."""

    def custodian(self) -> str:
        """SHA-256 of the custodian's certificate. Raises `CustodianKeyWrong`."""
        pem = self._pem()
        digest = sha256(pem).digest()
        if digest not in self._known:
            self._known[digest] = read_custodian(pem).fingerprint
        return self._known[digest]

    def __call__(
        self, package: Package, receipt: Receipt, history: Iterable[Event], approvals: Iterable[Approval], now_s: int
    ) -> dict[str, bytes]:
        """Every file of the sealed folder. The document libraries are imported only here."""
        from nullabona.docket.production.seal import Seals, seal_package

        seals = Seals(read_custodian(self._pem()), read_key_file(self.log_keys))
        return seal_package(package, Evidence(receipt, custody_of(history, approvals)), seals, now_s)

    def _pem(self) -> bytes:
        try:
            return self.custodian_file.read_bytes()
        except OSError as error:
            raise CustodianKeyWrong(f"the custodian's key cannot be read: {reason_of(error)}") from None


def custody_of(history: Iterable[Event], approvals: Iterable[Approval]) -> tuple[Custody, ...]:
    """The chain of custody from the journal of a case."""
    keys = {approval.challenge: approval.key_id for approval in approvals}
    return tuple(
        Custody(
            event.at_s,
            event.kind,
            event.officer or "desk",
            keys.get(event.detail, ""),
            event.detail.hex(),
            event.stands_for,
        )
        for event in history
    )
