"""Changes the keys of a relay's public record, and its witnesses, in a way that people's apps follow (spec/log.md §9).

In two steps, because operators of witnesses confirm the change in between: it is drafted, which changes nothing, and
installed. Each step may be repeated after an interruption.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from nullabona.directory.keys import FILE, NEXT, RecordKeys, draw_next, open_keys
from nullabona.directory.opening import changes_of, has_log
from nullabona.errors import Malformed, UserError
from nullabona.log.key_change import (
    FOLDER,
    MAX_CHANGE,
    MOST,
    KeyChange,
    KeysUnproven,
    before_of,
    check_change,
    draft_change,
    key_log_origin,
    make_change,
    read_change,
)
from nullabona.log.keys import VerifierKey
from nullabona.log.note import Note, parse_signatures
from nullabona.log.policy import NO_QUORUM, Policy
from nullabona.log.proof import LogProof
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.machine.disk import Disk
from nullabona.machine.failures import reason_of
from nullabona.machine.lock import FolderLock
from nullabona.machine.opening import opening
from nullabona.machine.settings import BadConfig
from nullabona.operating.checks.relay import settled
from nullabona.operating.directory import RecordNotBegun, witness_lines
from nullabona.operating.keeping import DRAFT, write_private
from nullabona.wire.epoch import origin_of

PUBLIC: Final = "public"


class ChangeRefused(UserError):
    """The keys of a record cannot be changed in this way."""

    code = "change-refused"
    default_hint = "see docs/how-to/change-keys.md"


def draft_keys(settings: Mapping[str, Any], witnesses: Path | None, target: Path) -> KeyChange:
    """Draw new keys for the record, and write the change to them, signed by the old and the new ones, to ``target``.

    ``witnesses``: who is to cosign from then on; None: the same as now. The relay may run; nothing changes for anybody.
    A change that was drafted before is written again. Raises `ChangeRefused`, `BadConfig`, `RecordNotBegun`, or what
    keys raise.
    """
    folder, origin, lines = _record(settings)
    if Policy.parse(lines).quorum == NO_QUORUM:
        raise ChangeRefused("nobody witnesses this record, so no app would follow a change of its keys")
    kept = folder / DRAFT
    then = lines if witnesses is None else witness_lines(witnesses)
    old, new = open_keys(folder / FILE, origin, begun=True), draw_next(folder / FILE, origin)
    number, before = end_of(folder / PUBLIC)
    try:
        change = make_change(origin, number, _policy(old, lines), _policy(new, then))
    except Malformed as error:
        raise ChangeRefused(error.message) from error
    if change.after.least < change.before.least:
        raise ChangeRefused("the new witnesses ask for fewer cosignatures than those now, so no app would follow them")
    if kept.exists() and read_change(kept.read_bytes())[0] != change:
        raise ChangeRefused(
            f"another change is drafted in {kept}, and witnesses confirm one change only",
            hint=f"install that one; if nobody has confirmed it, remove {kept} and {folder / NEXT}",
        )
    name = key_log_origin(origin)
    signers = (*open_keys(folder / FILE, name, begun=True).signers, *open_keys(folder / NEXT, name, begun=True).signers)
    proof = draft_change(change, before, signers, int(time.time())).encode()
    with opening(target):
        if not kept.exists():
            fresh = folder / f"{DRAFT}.new"
            fresh.unlink(missing_ok=True)
            write_private(fresh, proof)
            fresh.rename(kept)
        target.write_bytes(kept.read_bytes())
    return change


def install_keys(settings: Mapping[str, Any], confirmed: Sequence[Path]) -> KeyChange:
    """Publish the drafted change with the signatures of its witnesses, and let the record go on with the new keys.

    ``confirmed``: files with what `nulla witness cosign-keys` printed. The relay must not run. Raises `ChangeRefused`,
    `KeysUnproven` while witnesses of the old or of the new policy are missing, and `FolderInUse`.
    """
    folder, origin, _ = _record(settings)
    kept, following = folder / DRAFT, folder / NEXT
    if not kept.exists():
        raise ChangeRefused("no change of keys is drafted", hint="begin with nulla relay change-keys")
    lock = FolderLock(folder)
    try:
        change, proof = read_change(kept.read_bytes())
        name = f"{FOLDER}/{change.number}"
        public = Disk(folder / PUBLIC, folder / "incoming")
        if public.read(name) is None:
            note = with_signatures(proof.note, confirmed)
            check_change(change, note, change.before, change.after)
            public.put(name, LogProof(proof.index, proof.hashes, note, proof.extra).encode())
            public.settle()
        if following.exists():
            following.rename(folder / FILE)
        if {key.verifier for key in open_keys(folder / FILE, origin, begun=True).signers} != _keys(change):
            raise ChangeRefused(f"{following} with the new keys is gone", hint="put it back from the newest backup")
        Disk(folder, folder / "incoming").settle()
        kept.unlink()
    finally:
        lock.close()
    return change


def _record(settings: Mapping[str, Any]) -> tuple[Path, str, str]:
    """The folder of the record, its origin, and the lines of its witnesses."""
    setting = settled(settings)
    folder = setting.record
    if setting.host is None or folder is None:
        raise BadConfig("say whose keys", hint="give --host, and --data or --record, as for `nulla relay serve`")
    if not has_log(folder):
        raise RecordNotBegun(f"there is no public record in {folder}")
    return folder, origin_of(setting.host), setting.chosen.record.witnesses


def end_of(public: Path) -> tuple[int, Frontier]:
    """The number of the next change, and the key log before it. Raises `ChangeRefused` if there are too many."""
    changes = changes_of(public)
    if not changes:
        return 0, Frontier()
    change, proof = changes[-1]
    if change.number + 1 >= MOST:
        raise ChangeRefused(f"a record has at most {MOST} changes of its keys")
    return change.number + 1, before_of(proof).extend(leaf_hash(change.encode()))


def _keys(change: KeyChange) -> set[VerifierKey]:
    return {log.key for log in change.after.logs}


def _policy(keys: RecordKeys, witnesses: str) -> str:
    """A policy of the record alone, without comments and empty lines."""
    own = [f"log {signer.verifier.encode()}" for signer in keys.signers]
    lines = (line.strip(" \t") for line in witnesses.splitlines())
    return "".join(f"{line}\n" for line in (*own, *(line for line in lines if line and not line.startswith("#"))))


def with_signatures(note: Note, files: Sequence[Path]) -> Note:
    """The note with the lines in ``files``, which nothing has checked. Raises `ChangeRefused` or `KeysUnproven`."""
    for path in files:
        try:
            note = note.plus(parse_signatures(path.read_bytes()[:MAX_CHANGE]))
        except OSError as error:
            raise ChangeRefused(f"{path} cannot be read: {reason_of(error)}", hint="") from error
        except Malformed as error:
            raise KeysUnproven(f"{path} has no signatures of a witness: {error.message}") from error
    return note
