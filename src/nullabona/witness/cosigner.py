"""A witness without sockets: looks up, decides, signs, stores, and only then answers."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed
from nullabona.log.keys import SignerKey
from nullabona.log.note import encode_signatures, signatures_of
from nullabona.log.witnessing import TEXT, Accept, AddCheckpoint, parse_request
from nullabona.machine.failures import reason_of
from nullabona.witness.core.allowance import Allowance
from nullabona.witness.core.judging import (
    Held,
    Judgement,
    WatchedLog,
    cosigned_s,
    encode_evidence,
    judge,
    log_id,
    own_lines,
)
from nullabona.witness.core.limits import Limits
from nullabona.witness.store.evidence import EvidenceFolder
from nullabona.witness.store.rows import WitnessRows, WitnessStoreFailed

CLOCK_STEP_S: Final = 60
"""Most seconds that the clock may be set back: the witness then uses its last cosignature's time until it is past."""
_log: Final = logging.getLogger("nullabona.witness")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    kind: str = TEXT
    retry_after_s: int = 0
    close: bool = False


class Cosigner:
    """Used by one thread at a time. ``counts``: this process's cosignatures and refusals by reason."""

    def __init__(
        self,
        store: WitnessRows,
        evidence: EvidenceFolder,
        signers: Sequence[SignerKey],
        logs: Sequence[WatchedLog],
        limits: Limits,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._store = store
        self._evidence = evidence
        self._signers = tuple(signers)
        self._logs = {log.origin: log for log in logs}
        self._origins = {log_id(log.origin): log.origin for log in logs}
        self._limits = limits
        self._allowances: dict[str, Allowance] = {}

    def add(self, body: bytes, now_s: int) -> Answer:
        """The answer to add-checkpoint (spec/witness.md §2.1). It leaves only after the data is on the disk."""
        try:
            request = parse_request(body)
        except Malformed as error:
            return self._counted("malformed", Answer(400, f"{error.message}\n".encode()))
        log = self._logs.get(request.checkpoint.origin)
        try:
            return self._decide(request, log, now_s)
        except WitnessStoreFailed as error:
            _log.error("its database failed: %s", error.message)
            return self._counted("store-failed", Answer(503, b"the witness cannot write\n", retry_after_s=1))

    def latest(self, name: str) -> Answer:
        """The answer to a read of the last cosigned checkpoint of the log with this id."""
        origin = self._origins.get(name)
        try:
            held = self._store.find(origin) if origin is not None else None
        except WitnessStoreFailed:
            return self._counted("store-failed", Answer(503, b"the witness cannot read\n", retry_after_s=1))
        return Answer(200, held.note) if held is not None else Answer(404, b"there is no such checkpoint\n")

    def _decide(self, request: AddCheckpoint, log: WatchedLog | None, now_s: int) -> Answer:
        def step(held: Held | None) -> tuple[Held | None, tuple[Answer, Judgement, Held | None]]:
            judgement = judge(request, held, log)
            if log is None or not isinstance(judgement.answer, Accept):
                return None, (self._refused(judgement), judgement, held)
            kept, answer = self._cosign(judgement.answer, log, now_s, cosigned_s(held, self._signers))
            return kept, (answer, judgement, held)

        answer, judgement, held = self._store.change(request.checkpoint.origin, step)
        if log is not None and held is not None and judgement.evidence is not None:
            self._keep_evidence(encode_evidence(judgement.evidence, held, request, log), log)
        return answer

    def _cosign(self, accepted: Accept, log: WatchedLog, now_s: int, last_s: int) -> tuple[Held | None, Answer]:
        if now_s < last_s - CLOCK_STEP_S:
            _log.error("this machine's clock is %d s behind what was cosigned of %s", last_s - now_s, log.origin)
            return None, self._counted("clock-back", Answer(503, b"the witness's clock went back\n", retry_after_s=60))
        if wait_s := self._allowances.setdefault(
            log.origin, Allowance(self._limits.cosignatures_per_minute, now_s)
        ).take(now_s):
            return None, self._counted("too-often", Answer(429, b"too often\n", retry_after_s=wait_s))
        lines = signatures_of(accepted.note.text, self._signers, max(now_s, last_s))
        note = own_lines(accepted.note, log).plus(lines)
        kept = Held(accepted.checkpoint.size, accepted.checkpoint.root, note.encode())
        return kept, self._counted("cosigned", Answer(200, encode_signatures(lines)))

    def _refused(self, judgement: Judgement) -> Answer:
        refuse = judgement.answer
        assert not isinstance(refuse, Accept)
        return self._counted(refuse.reason, Answer(refuse.status, refuse.body, refuse.content_type))

    def _keep_evidence(self, file: tuple[str, bytes], log: WatchedLog) -> None:
        try:
            path = self._evidence.keep(log_id(log.origin), *file)
        except OSError as error:
            _log.error("evidence against %s could not be kept: %s", log.origin, reason_of(error))
            return
        _log.warning("evidence against %s: %s", log.origin, path.name if path else "no room for more files")

    def _counted(self, what: str, answer: Answer) -> Answer:
        self.counts[what] += 1
        return answer
