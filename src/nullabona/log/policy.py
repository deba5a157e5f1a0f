"""Who must have signed a checkpoint before it is believed (C2SP tlog-policy).

A policy names logs, witnesses and the quorum of witnesses. Stricter than the format in three ways: of every kind of key
that is listed for an origin at least one must have signed (so that a log with an Ed25519 and an ML-DSA-44 key needs
both), one public key may be on one line only, and a cosignature without a time does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.keys import Kind, VerifierKey, parse_vkey
from nullabona.log.note import Note, NoteInvalid, Verified, verify_note
from nullabona.log.strict import decimal, has_control

MAX_POLICY: Final = 512 * 1024
"""Characters of a policy."""
MAX_LINES: Final = 64
"""Logs, witnesses and groups, of each."""
NO_QUORUM: Final = "none"
_SPACE: Final = re.compile(r"[ \t]+")
_LOG_KINDS: Final = frozenset({Kind.ED25519, Kind.COSIGN_MLDSA44})
_WITNESS_KINDS: Final = frozenset({Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44})


class PolicyInvalid(Malformed):
    """A policy is not one that spec/log.md allows; the message names the line."""

    code = "policy-invalid"
    default_hint = "ask the person who gave you the policy; it is not used"


class NotWitnessed(PeerError):
    """A checkpoint is signed by its log, but not by enough of the witnesses that the policy demands."""

    code = "not-witnessed"
    default_hint = "nothing was believed; others may have been shown another log"


class WrongOrigin(PeerError):
    """The policy does not know the log of a checkpoint."""

    code = "wrong-origin"
    default_hint = "check that the policy is the one of this log"


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A key of a log, and where the log is."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness's key under the name it has in the policy, and where the witness is."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group has witnessed when ``threshold`` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that the policy believes.

    ``witnesses`` are the policy's names of those whose cosignature holds, with the times they state. ``time_s`` is the
    latest time for which those who cosigned then or later are a quorum by themselves: how fresh it is at least.
    ``by_s`` is the earliest by which a quorum had cosigned: how late it was at most. None where no quorum is demanded.
    """

    checkpoint: Checkpoint
    log: str
    witnesses: tuple[tuple[str, int], ...]
    time_s: int | None
    by_s: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups and the name of the quorum."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @staticmethod
    def parse(text: str) -> Policy:
        """The policy in ``text``. Raises `PolicyInvalid`."""
        if len(text) > MAX_POLICY or has_control(text.replace("\t", "")) or "\x7f" in text:
            raise PolicyInvalid("a policy is too large or contains a control character")
        if not text.endswith("\n"):
            raise PolicyInvalid("the last line of a policy does not end with a newline")
        return _read(text[:-1].split("\n"))

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys listed for a log."""
        return tuple(log.key for log in self.logs if log.key.name == origin)

    def check(self, note: Note) -> Seen:
        """What the note shows, once its log and the quorum have signed.

        Raises `Malformed` if it is no checkpoint, `WrongOrigin` if its log is not listed, `NoteInvalid` if the log's
        signature is missing or any listed key's does not hold, `NotWitnessed` without a quorum.
        """
        signed = self.signed(note)
        checkpoint, witnesses = signed.checkpoint, signed.witnesses
        if self.quorum == NO_QUORUM:
            return signed
        for time_s in sorted({time_s for _, time_s in witnesses}, reverse=True):
            if self.is_quorum(frozenset(name for name, time in witnesses if time >= time_s)):
                return Seen(checkpoint, checkpoint.origin, witnesses, time_s, self._quorum_by(witnesses))
        raise NotWitnessed(f"{len(witnesses)} of the policy's witnesses cosigned, which is no quorum")

    def signed(self, note: Note) -> Seen:
        """What the note shows once its log has signed, no matter who has witnessed it: for evidence against the log.

        Raises as `check`, but for `NotWitnessed`.
        """
        checkpoint = parse_checkpoint(note.text)
        keys = self.keys_of(checkpoint.origin)
        if not keys:
            raise WrongOrigin("this checkpoint is of a log that the policy does not know")
        verified = verify_note(note, (*keys, *(witness.key for witness in self.witnesses)))
        require_log(checkpoint, keys, verified)
        times = {(each.name, each.key_id): each.time_s for each in verified}
        stated = ((witness.name, times.get((witness.key.name, witness.key.key_id))) for witness in self.witnesses)
        witnesses = tuple((name, time_s) for name, time_s in stated if time_s is not None)
        return Seen(checkpoint, checkpoint.origin, witnesses, None)

    def is_witnessed(self, note: Note) -> bool:
        """Whether a quorum has cosigned the note, whichever log it is of; False where no quorum is demanded."""
        if self.quorum == NO_QUORUM:
            return False
        try:
            verified = verify_note(note, tuple(witness.key for witness in self.witnesses))
        except NoteInvalid:
            return False
        signed = {(each.name, each.key_id) for each in verified if each.time_s is not None}
        return self.is_quorum(
            frozenset(each.name for each in self.witnesses if (each.key.name, each.key.key_id) in signed)
        )

    def _quorum_by(self, witnesses: tuple[tuple[str, int], ...]) -> int:
        """When the last of a quorum had cosigned, at the earliest."""
        times = sorted(time_s for _, time_s in witnesses)
        return next(by for by in times if self.is_quorum(frozenset(name for name, time in witnesses if time <= by)))

    @property
    def least(self) -> int:
        """How many witnesses are a quorum at least; 0 where none is demanded."""
        needed = {witness.name: 1 for witness in self.witnesses}
        for group in self.groups:
            needed[group.name] = sum(sorted(needed[name] for name in group.members)[: group.threshold])
        return needed.get(self.quorum, 0)

    def is_quorum(self, names: frozenset[str]) -> bool:
        """Whether the witnesses with these names satisfy the policy; never so where no quorum is demanded."""
        reached = set(names)
        for group in self.groups:
            if len(reached.intersection(group.members)) >= group.threshold:
                reached.add(group.name)
        return self.quorum in reached


def require_log(checkpoint: Checkpoint, keys: tuple[VerifierKey, ...], verified: tuple[Verified, ...]) -> None:
    """Raises `NoteInvalid` unless of each kind among ``keys`` one has signed, and something covers every line."""
    names = {(each.name, each.key_id) for each in verified}
    signed = {key.kind for key in keys if (key.name, key.key_id) in names}
    if signed != {key.kind for key in keys}:
        raise NoteInvalid("the log has not signed with every kind of key that is known of it")
    if checkpoint.extensions and Kind.ED25519 not in signed:
        raise NoteInvalid("a checkpoint has lines that its log's signature does not cover")


class _Reading:
    """A policy while its lines are read."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[Group] = []
        self.quorum = ""
        self.members: set[str] = set()
        self.keys: set[bytes] = set()
        self.signers: set[tuple[str, bytes]] = set()

    def log(self, vkey: str, url: str = "") -> None:
        """``log <vkey> [<url>]``."""
        self.logs.append(PolicyLog(self._key(vkey, _LOG_KINDS), url))

    def witness(self, name: str, vkey: str, url: str = "") -> None:
        """``witness <name> <vkey> [<url>]``."""
        self.witnesses.append(PolicyWitness(self._new(name), self._key(vkey, _WITNESS_KINDS), url))

    def group(self, name: str, threshold: str, *members: str) -> None:
        """``group <name> all|any|<k> <name>…``."""
        self._new(name)
        for member in members:
            if member not in self.names or member in self.members:
                raise PolicyInvalid("a member of a group is not defined above, or is in a group already")
            self.members.add(member)
        number = {"all": len(members), "any": 1}.get(threshold) or decimal(threshold)
        if not 1 <= number <= len(members):
            raise PolicyInvalid("a group's number is not between one and its members")
        self.groups.append(Group(name, number, members))

    def set_quorum(self, name: str) -> None:
        """``quorum <name>|none``."""
        if self.quorum or name not in {NO_QUORUM, *self.names}:
            raise PolicyInvalid("a second quorum, or one that is not defined above")
        self.quorum = name

    @property
    def names(self) -> set[str]:
        """Every name so far."""
        return {each.name for each in self.witnesses} | {each.name for each in self.groups}

    def done(self) -> Policy:
        """The policy that was read."""
        if not self.quorum:
            raise PolicyInvalid("a policy needs a quorum line, even if it is `quorum none`")
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > MAX_LINES:
            raise PolicyInvalid(f"a policy has more than {MAX_LINES} logs, witnesses or groups")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _new(self, name: str) -> str:
        if name == NO_QUORUM or name in self.names:
            raise PolicyInvalid("a name is defined twice, or is `none`")
        return name

    def _key(self, vkey: str, kinds: frozenset[Kind]) -> VerifierKey:
        key = parse_vkey(vkey)
        signer = (key.name, key.key_id)
        if key.kind not in kinds or key.public_key in self.keys or signer in self.signers:
            raise PolicyInvalid("a key of the wrong kind, or a key that another line has")
        self.keys.add(key.public_key)
        self.signers.add(signer)
        return key


def _read(lines: list[str]) -> Policy:
    reading = _Reading()
    steps: dict[str, tuple[Callable[..., None], range]] = {
        "log": (reading.log, range(1, 3)),
        "witness": (reading.witness, range(2, 4)),
        "group": (reading.group, range(3, 3 + 2 * MAX_LINES)),
        "quorum": (reading.set_quorum, range(1, 2)),
    }
    for number, line in enumerate(lines, 1):
        keyword, *words = _SPACE.split(line.strip(" \t"))
        if not keyword or keyword.startswith("#"):
            continue
        if keyword not in steps or len(words) not in steps[keyword][1]:
            raise PolicyInvalid(f"line {number} of a policy is none of its lines")
        try:
            steps[keyword][0](*words)
        except Malformed as error:
            raise PolicyInvalid(f"line {number} of a policy: {error.message}") from None
    return reading.done()
