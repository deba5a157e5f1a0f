"""Compares this copy of a log with the checkpoints that others hold of it (spec/witness.md §1).

An old copy that is put back, or a second machine with the same keys, would sign a second history. Witnesses and mirrors
remember the first one. Only a checkpoint with the log's own signatures counts: nobody else can make one, so a witness
or mirror that lies cannot stop a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.keys import VerifierKey
from nullabona.log.note import Note, NoteInvalid, parse_note, verify_note
from nullabona.log.policy import require_log
from nullabona.sequencer.errors import LogOlder, LogSplit


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """The log as it is here: its size, and the root that it had at any smaller size.

    ``former``: keys that it signed with before its keys were changed.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    size: int
    root_at: Callable[[int], bytes]
    former: tuple[VerifierKey, ...] = ()

    def check(self, who: str, note: bytes) -> int:
        """The size of the checkpoint in ``note``, which ``who`` holds and which is in this history.

        Raises `LogOlder` if it has more entries, `LogSplit` if it is of another history, and `Malformed` or
        `NoteInvalid` if this log did not sign it: then it says nothing.
        """
        found = parse_note(note)
        checkpoint = parse_checkpoint(found.text)
        if checkpoint.origin != self.origin:
            raise Malformed("a checkpoint of another log")
        try:
            require_log(checkpoint, self.keys, verify_note(found, self.keys))
        except NoteInvalid:
            self._check_former(found, checkpoint)
        if checkpoint.size > self.size:
            raise LogOlder(
                f"this copy of the log {self.origin} has {self.size} entries, and {who} holds a checkpoint of "
                f"{checkpoint.size} that is signed with the log's own keys"
            )
        if checkpoint.size and self.root_at(checkpoint.size) != checkpoint.root:
            raise LogSplit(
                f"{who} holds a checkpoint of {checkpoint.size} entries that is signed with the keys of the log "
                f"{self.origin} and is of another history"
            )
        return checkpoint.size

    def _check_former(self, note: Note, checkpoint: Checkpoint) -> None:
        """Raises `NoteInvalid` unless former keys signed it, and it is in this history.

        They may be stolen: what they sign beyond this history must not stop the log.
        """
        if not self.former:
            raise NoteInvalid("this log did not sign it")
        require_log(checkpoint, self.former, verify_note(note, self.former))
        inside = checkpoint.size <= self.size
        if not inside or (checkpoint.size and self.root_at(checkpoint.size) != checkpoint.root):
            raise NoteInvalid("former keys of this log signed what is not in it")


def size_in(history: OwnHistory, who: str, note: bytes) -> int | None:
    """As `OwnHistory.check`; None for a note that this log did not sign."""
    try:
        return history.check(who, note)
    except (Malformed, NoteInvalid):
        return None
