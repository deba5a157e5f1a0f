"""Changes the own keys of a release log, and its witnesses, in a way that programs follow (spec/release.md §4).

In three steps: the change is drafted; holders of release keys agree to it in the log, and operators of witnesses
confirm it by hand; then it is installed. Nothing changes before the last one, and each may be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nullabona.directory.opening import changes_of
from nullabona.errors import Malformed, UserError
from nullabona.log.key_change import (
    FOLDER,
    KeyChange,
    KeysUnproven,
    check_change,
    draft_change,
    key_log_origin,
    make_change,
    read_change,
)
from nullabona.log.keys import SignerKey, VerifierKey
from nullabona.log.policy import NO_QUORUM, Policy
from nullabona.log.proof import LogProof
from nullabona.machine.disk import Disk
from nullabona.operating.key_changes import PUBLIC, ChangeRefused, end_of, with_signatures
from nullabona.reading import open_source
from nullabona.releases.statement import LogKeys
from nullabona.updating.ledger import read_releases
from nullabona.updating.log_keys import check_agreed, digest_of


class LogKeyReplaced(UserError):
    """A release log would be signed with keys that are not its newest ones."""

    code = "log-key-replaced"
    default_hint = "name the file with the new keys; programs believe the old ones no more"


def draft_log_keys(
    folder: Path, old: Sequence[SignerKey], new: Sequence[SignerKey], before: str, after: str | None, now_s: int
) -> tuple[KeyChange, bytes, LogKeys]:
    """The change of the log in ``folder`` from ``old`` keys to ``new``, its file, and the statement for release keys.

    ``before`` is the log's policy now; ``after`` names other witnesses from then on (None: the same). Nothing is
    written. Raises `ChangeRefused`, `LogKeyReplaced`, `PolicyInvalid` or `KeysUnproven`.
    """
    origin, public = old[0].name, folder / PUBLIC
    former_keys(folder, old)
    known, then = Policy.parse(before), Policy.parse(before if after is None else after)
    if set(known.keys_of(origin)) != {signer.verifier for signer in old}:
        raise ChangeRefused(f"the policy has other keys for {origin} than the file with the keys of now")
    if NO_QUORUM in {known.quorum, then.quorum}:
        raise ChangeRefused("nobody witnesses this log, so no program would follow a change of its keys")
    if then.least < known.least:
        raise ChangeRefused("the new witnesses ask for fewer cosignatures than those now, so no program would follow")
    number, end = end_of(public)
    try:
        change = make_change(origin, number, _policy(old, before), _policy(new, before if after is None else after))
    except Malformed as error:
        raise ChangeRefused(error.message) from error
    signers = tuple(signer.under(key_log_origin(origin)) for signer in (*old, *new))
    return change, draft_change(change, end, signers, now_s).encode(), LogKeys(origin, digest_of(change))


async def install_log_keys(folder: Path, drafted: bytes, confirmed: Sequence[Path], fingerprint: str) -> KeyChange:
    """Publish the ``drafted`` change with what its witnesses' operators sent back: from now on the new keys sign.

    ``fingerprint``: of the release log's first statement. Raises `ChangeRefused`, and `KeysUnproven` while witnesses
    are missing, or release keys that agree to the change in the published log. One that is installed stays as it is.
    """
    change, proof = read_change(drafted)
    public, name = Disk(folder / PUBLIC, folder / "incoming"), f"{FOLDER}/{change.number}"
    installed = public.read(name)
    if installed is not None:
        if read_change(installed)[0] != change:
            raise ChangeRefused("another change with this number is installed already")
        return change
    if change.number != end_of(folder / PUBLIC)[0]:
        raise ChangeRefused("this change does not follow the newest one of the log")
    note = with_signatures(proof.note, confirmed)
    check_change(change, note, change.before, change.after)
    source = open_source(str(folder / PUBLIC))
    served = await read_releases(source, change.before, fingerprint)
    if served.ledger.log != change.origin:
        raise KeysUnproven("this change is of another log")
    check_agreed(served.ledger, (change,))
    public.put(name, LogProof(proof.index, proof.hashes, note, proof.extra).encode())
    public.settle()
    return change


def former_keys(folder: Path, signers: Sequence[SignerKey]) -> tuple[VerifierKey, ...]:
    """The log's keys before those of ``signers``. Raises `LogKeyReplaced` if these are not the newest."""
    changes = [change for change, _ in changes_of(folder / PUBLIC)]
    if changes and {log.key for log in changes[-1].after.logs} != {signer.verifier for signer in signers}:
        raise LogKeyReplaced("these are not the keys of the log's newest change of keys")
    return tuple(log.key for change in changes for log in change.before.logs)


def _policy(signers: Sequence[SignerKey], lines: str) -> str:
    """A policy of this log alone with the witnesses in ``lines``, without comments and empty lines."""
    kept = (line.strip(" \t") for line in lines.splitlines())
    others = (line for line in kept if line and not line.startswith("#") and line.split()[0] != "log")
    return "".join(f"{line}\n" for line in (*(f"log {one.verifier.encode()}" for one in signers), *others))
