"""The state of directories' public records, as this device sees them: witnesses, size, how far they were checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from nullabona.client.api.session import Session
from nullabona.client.core.directory import own_answer
from nullabona.client.core.directory.evidence import is_evidence
from nullabona.client.core.directory.keeping import (
    Evidence,
    forget_pinned,
    load_evidence,
    load_pinned,
    load_watch,
    save_pinned,
    save_position,
    save_watch,
)
from nullabona.client.core.directory.pinned import see
from nullabona.client.core.model.ports import Store
from nullabona.client.core.operator_notices import taking
from nullabona.client.runner import now_ms
from nullabona.errors import UserError
from nullabona.log.digest_chain import is_contradiction
from nullabona.log.policy import Policy, PolicyInvalid
from nullabona.wire.epoch import origin_of
from nullabona.wire.handle import parse_handle


class RecordUnknown(UserError):
    """This device has not seen that directory's record yet."""

    code = "record-unknown"
    default_hint = "look somebody up there first"


@dataclass(frozen=True, slots=True)
class RecordStanding:
    """One directory's record. ``witnesses`` are those whose cosignatures the newest checkpoint bears and that count."""

    host: str
    known: bool
    by_hand: bool = False
    """The policy was given by the person; else the directory's own was taken when it was first seen."""
    demanded: bool = False
    """The policy demands witnesses. If not, nobody but this device would notice a directory with two faces."""
    witnesses: tuple[str, ...] = ()
    period_s: int = 0
    size: int = 0
    seen_s: int = 0
    watched_epoch: int = 0
    """Every epoch up to this one was looked through for entries that this account did not make; 0: none yet."""


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What a server showed when something was wrong, kept as evidence.

    If it ``proves``, anybody with the log's policy can verify ``shown`` without anything else (`verify_evidence`).
    If it has ``signatures``, anybody can verify that one key signed both halves of ``shown``
    (`nullabona.log.digest_chain.verify_contradiction`); nothing shows whose key that is.
    """

    code: str
    host: str
    at_s: int
    proves: bool
    before: bytes = field(repr=False)
    shown: bytes = field(repr=False)
    signatures: bool = False


def evidence_files(kept: Sequence[RecordEvidence]) -> dict[str, bytes]:
    """All of it as files: what can be verified as one, else what was known before and what was shown."""
    files: dict[str, bytes] = {}
    for number, each in enumerate(kept):
        name = f"{number:02d}-{each.code}"
        if each.proves or each.signatures:
            files[f"{name}.evidence"] = each.shown
        else:
            files |= {f"{name}.before": each.before, f"{name}.shown": each.shown}
    return files


def describe_standing(store: Store, host: str) -> RecordStanding:
    """The state of a directory's record. In the caller's transaction."""
    pinned = load_pinned(store, host)
    if pinned is None:
        return RecordStanding(host, known=False)
    watch = load_watch(store)
    sighting = see(pinned, pinned.checkpoint)
    return RecordStanding(
        host,
        known=True,
        by_hand=pinned.by_hand,
        demanded=pinned.witnessed,
        witnesses=sighting.witnesses,
        period_s=pinned.rules.period_s,
        size=pinned.size,
        seen_s=pinned.seen_s,
        watched_epoch=watch.epoch if watch is not None else 0,
    )


class PublicRecords:
    """The public records of directories. ``host`` names one; empty means our own directory's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def standing(self, host: str = "") -> RecordStanding:
        """The state of a directory's record."""
        wanted = self._record_host(host)
        with self._session.look() as store:
            return describe_standing(store, wanted)

    def proves_us(self) -> bool:
        """Whether contact requests that we send now bring the proof of our newest card, so that nobody looks us up."""
        card = self._session.account().card.encoded
        with self._session.look() as store:
            return bool(own_answer.to_carry(store, card, now_ms() // 1_000))

    def evidence(self) -> list[RecordEvidence]:
        """The evidence that was stored because a record was wrong, oldest first."""
        with self._session.look() as store:
            return [_evidence(each) for each in load_evidence(store)]

    def pin(self, policy: str, host: str = "") -> RecordStanding:
        """Check a directory's record against this policy from now on. The newest checkpoint must satisfy it.

        Raises `PolicyInvalid`, `LogReplaced` or `NotWitnessed` if it does not, and `RecordUnknown`.
        """
        wanted = self._record_host(host)
        with self._session.step() as step:
            pinned = load_pinned(step.store, wanted)
            if pinned is None:
                raise RecordUnknown("this device knows nothing about that server yet")
            if not Policy.parse(policy).keys_of(origin_of(wanted)):
                raise PolicyInvalid("the policy does not name this server's log")
            fresh = msgspec.structs.replace(pinned, policy=policy, by_hand=True)
            see(fresh, fresh.checkpoint)
            save_pinned(step.store, fresh)
            taking.look_again(step, told=True)
            return describe_standing(step.store, wanted)

    def policy(self, host: str = "") -> str:
        """The policy (C2SP tlog-policy) that this device checks a directory against. Raises `RecordUnknown`."""
        wanted = self._record_host(host)
        with self._session.look() as store:
            pinned = load_pinned(store, wanted)
        if pinned is None:
            raise RecordUnknown("this device knows nothing about that server yet")
        return pinned.policy

    def forget(self, host: str = "") -> None:
        """Forget what this device knows of a directory's record, and its warnings. The next look-up starts afresh.

        Call it only when the person asks for it. Evidence is kept.
        """
        wanted, own = self._record_host(host), self._record_host("")
        with self._session.step() as step:
            forget_pinned(step.store, wanted, step.now // 1_000)
            if wanted == own:
                save_watch(step.store, None)
                save_position(step.store, None)

    def _record_host(self, host: str) -> str:
        return parse_handle(f"xx@{host}" if host else self._session.account().record.handle).authority


def _evidence(kept: Evidence) -> RecordEvidence:
    return RecordEvidence(
        kept.code,
        kept.host,
        kept.at_s,
        is_evidence(kept.shown),
        kept.before,
        kept.shown,
        is_contradiction(kept.shown),
    )
