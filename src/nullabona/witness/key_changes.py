"""Confirms a change of a log's keys by hand (spec/log.md §9): the only thing a witness signs that its operator read.

Of each number of a log's changes one is confirmed, and that is on the disk before it is signed. Nothing here asks the
network: the operator compares the change's fingerprint by other means.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.errors import UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.key_change import KeyChange, before_of, check_drafted, read_change
from nullabona.log.note import NoteSignature, signatures_of
from nullabona.machine.disk import keep_file
from nullabona.machine.opening import opening
from nullabona.witness.beginning import check_begun
from nullabona.witness.config import Config

FOLDER: Final = "key-changes"


class ChangeNotConfirmed(UserError):
    """A witness does not confirm a change of a log's keys."""

    code = "change-not-confirmed"
    default_hint = "call the log's operator; nothing was signed"


def check_for(config: Config, data: bytes) -> KeyChange:
    """The change in ``data``, which is of a log that this witness knows, or is to know.

    Raises `KeysUnproven` unless the log's old and new keys have signed it, `ChangeNotConfirmed`, or `WitnessNotBegun`.
    """
    check_begun(config)
    change, proof = read_change(data)
    check_drafted(change, proof.note)
    known = {key for log in config.logs if log.origin == change.origin for key in log.verifiers}
    if not any({log.key for log in policy.logs} <= known for policy in (change.before, change.after)):
        raise ChangeNotConfirmed(f"the configuration has other keys for {change.origin}, or none")
    own = {signer.verifier for signer in config.signers}
    if not any(witness.key in own for policy in (change.before, change.after) for witness in policy.witnesses):
        raise ChangeNotConfirmed(f"this witness is not one of {change.origin}, before the change or after it")
    return change


def confirm(config: Config, data: bytes, fingerprint: str, now_s: int) -> tuple[NoteSignature, ...]:
    """This witness's signatures under the change with this fingerprint.

    Raises as `check_for`, and `ChangeNotConfirmed` if the fingerprint is another one, or if another change of this
    number, or one of another history, was confirmed before.
    """
    change = check_for(config, data)
    _, proof = read_change(data)
    if fingerprint.replace("-", "").lower() != change.fingerprint:
        raise ChangeNotConfirmed("the fingerprint is that of another change")
    folder = config.data / FOLDER
    place = folder / f"{sha256(change.origin.encode()).hexdigest()}-{change.number}"
    before = place.with_name(f"{place.name.rpartition('-')[0]}-{change.number - 1}")
    with opening(folder):
        if before.exists() and parse_checkpoint(before.read_bytes()).root != before_of(proof).root:
            raise ChangeNotConfirmed("this witness has confirmed another change before this one")
        if not place.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            keep_file(place, proof.note.text)
        if place.read_bytes() != proof.note.text:
            raise ChangeNotConfirmed("this witness has confirmed another change in its place")
    return signatures_of(proof.note.text, config.signers, now_s)
