"""A desk's backup: its whole folder, as it was at one moment, encrypted to a key that is kept elsewhere.

Desk and log are copied together, with the desk stopped: parts of different times do not go together. A copy is put
back only if no witness has cosigned more than it holds (docs/how-to/run-the-legal-desk.md).
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import pyrage

from nullabona.docket.keeping.vault import check_recipient, recipient_of
from nullabona.errors import NullabonaError, UserError
from nullabona.log.policy import Policy
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import Route
from nullabona.machine.keyfile import KeyFileUnusable, read_private
from nullabona.machine.lock import FolderLock
from nullabona.machine.opening import opening
from nullabona.machine.settings import BadConfig
from nullabona.operating.checks.record import OwnLog
from nullabona.operating.console import FOLDER as CONSOLE
from nullabona.operating.desk import CONFIG, DeskFileUnusable, read_config, read_policy_text
from nullabona.operating.desk_places import DeskPlaces, places_of
from nullabona.operating.keeping import BackupDamaged, BackupExists
from nullabona.reading import ask_witnesses, check_not_behind

_KIND: Final = "nullabona desk backup v1"
_MANIFEST: Final = "backup.json"
_NAMED: Final = ("log_keys", "policy", "custodian")
_NOT_KEPT: Final = frozenset({"lock", "desk.lock"})
_SHARED: Final = "-shm"
"""What belongs to a running process. The write-ahead logs are kept: after a crash they hold what is newest."""


class CopyUnproven(UserError):
    """No witness says how far the desk's log has grown, so nobody can know whether the copy is the newest."""

    code = "desk-copy-unproven"
    default_hint = "restore it when one of the policy's witnesses answers; a desk from an old copy would break its log"


def read_identity(path: Path) -> str:
    """The age identity in a file as age-keygen makes it. Raises `KeyFileUnusable`, also if others may read it."""
    try:
        lines = read_private(path).decode("ascii", "replace").splitlines()
    except OSError as error:
        raise KeyFileUnusable(f"the key file {path} cannot be read: {reason_of(error)}") from None
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def back_up_desk(data: Path, target: Path, recipient: str, made_s: int) -> int:
    """Write the desk's folder into the new file ``target``, encrypted to ``recipient``; how many files it has.

    Raises `FolderInUse` while the desk is open anywhere, `BackupExists`, `BadConfig`, `NotFounded` or `BadIdentity`.
    Nothing is left then.
    """
    check_recipient(recipient)
    _places(data).check_founded()
    _check_whole(data)
    if target.resolve().is_relative_to(data.resolve()):
        raise BadConfig("a copy in the desk's own folder is lost with it", hint="name a file elsewhere")
    with _held(data):
        names = _files_of(data)
        said = {"kind": _KIND, "origin": str(read_config(data)["origin"]), "made_s": made_s, "files": names}
        with opening(target):
            _encrypted(target, recipient, lambda out: _pack(out, data, said, names))
    return len(names)


def restore_desk(backup: Path, identity: str, data: Path, route: Route) -> int:
    """Make the desk's folder again from a backup; how many files it has. Publish with it before anybody works with it.

    Raises `BackupExists` unless the folder is new or empty, `BackupDamaged`, `BadIdentity`, `LogBehind` if a witness
    has cosigned more, or `CopyUnproven` if none of them answers. Nothing is left then.
    """
    recipient_of(identity)
    if data.exists() and any(data.iterdir()):
        raise BackupExists(f"there is something in {data} already", hint="name a new folder")
    with opening(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            count = _unpack(backup, identity, data)
            _places(data).check_founded()
            asyncio.run(_check_newest(data, route))
        except BaseException:
            for path in data.iterdir():  # half a desk, or an old one, must not be begun with
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            raise
    return count


async def _check_newest(data: Path, route: Route) -> None:
    config = read_config(data)
    policy, own = Policy.parse(read_policy_text(Path(config["policy"]))), _own(data, config).newest()
    if own is None:
        raise BackupDamaged("the copy has no log that can be read")
    words = await ask_witnesses(policy, str(config["origin"]), route)
    check_not_behind(own, words)
    if words and all(word.error for word in words):
        raise CopyUnproven(f"no witness answers: {', '.join(word.witness for word in words)}")


def _places(data: Path) -> DeskPlaces:
    return places_of(data, read_config(data))


def _own(data: Path, config: Mapping[str, Any]) -> OwnLog:
    return OwnLog(data / "log", places_of(data, config).log())


def _check_whole(data: Path) -> None:
    """Raises `BadConfig` if a file that the desk needs is elsewhere: a copy of the folder would lack it."""
    config = read_config(data)
    for name in _NAMED:
        if name in config and not Path(config[name]).resolve().is_relative_to(data.resolve()):
            raise BadConfig(
                f"{name} is not in the desk's folder, so a copy would lack it",
                hint=f"move it there, and name it in {CONFIG}",
            )


@contextmanager
def _held(data: Path) -> Iterator[None]:
    """Hold the locks of the console and of the log, so that nobody opens the desk meanwhile."""
    with ExitStack() as held:
        for folder in (data / CONSOLE, data / "log"):
            if folder.is_dir():
                held.callback(FolderLock(folder).close)
        yield


def _files_of(data: Path) -> list[str]:
    """What a copy has, sorted; a folder or link to elsewhere is not followed."""
    found = (path for path in data.rglob("*") if path.is_file() and not path.is_symlink())
    kept = (path for path in found if path.name not in _NOT_KEPT and not path.name.endswith(_SHARED))
    return sorted(str(path.relative_to(data)) for path in kept)


def _pack(out: IO[bytes], data: Path, said: object, names: Iterable[str]) -> None:
    with tarfile.open(fileobj=out, mode="w|") as archive:
        text = json.dumps(said, indent=1).encode()
        head = tarfile.TarInfo(_MANIFEST)
        head.size = len(text)
        archive.addfile(head, io.BytesIO(text))
        for name in names:
            with (data / name).open("rb") as file:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = os.fstat(file.fileno()).st_size, 0o600
                archive.addfile(entry, file)


def _encrypted(target: Path, recipient: str, write: Callable[[IO[bytes]], None]) -> None:
    """What ``write`` writes, encrypted into a new file that is on the disk; nothing of it is there if that fails."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise BackupExists(f"{target} is there already", hint="name a new file for each backup") from None
    try:
        with open(descriptor, "wb") as file, _beside(write, writes=True) as plain:  # noqa: PTH123 - of an open descriptor
            pyrage.encrypt_io(plain, file, [pyrage.x25519.Recipient.from_str(recipient)])
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink()
        raise


def _unpack(backup: Path, identity: str, data: Path) -> int:
    """Every file of the backup in ``data``; how many."""
    names: list[str] = []

    def read(plain: IO[bytes]) -> None:
        with tarfile.open(fileobj=plain, mode="r|") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None:
                    raise BackupDamaged("the backup holds something that is no file")
                _put(data, entry.name, content)
                names.append(entry.name)
        while plain.read(65_536):  # to the end, so that the last part of the encryption is checked too
            pass

    try:
        with backup.open("rb") as file, _beside(read, writes=False) as plain:
            pyrage.decrypt_io(file, plain, [pyrage.x25519.Identity.from_str(identity)])
        said = json.loads((data / _MANIFEST).read_bytes())
        good = said["kind"] == _KIND and [_MANIFEST, *said["files"]] == names
        (data / _MANIFEST).unlink()
    except FileNotFoundError as error:
        raise DeskFileUnusable(f"the backup {backup} cannot be read: {reason_of(error)}") from error
    except (pyrage.DecryptError, tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        raise BackupDamaged(f"{backup} is no backup of a desk, or this key does not open it") from error
    if not good:
        raise BackupDamaged(f"{backup} does not hold the files that it names")
    return len(names) - 1


def _put(data: Path, name: str, content: IO[bytes]) -> None:
    """A new file below ``data``. By hand: Python 3.11 before 3.11.4 has no filter for what an archive names."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise BackupDamaged("the backup names a file that is not in a desk's folder")
    target = data.joinpath(*parts)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - of an open descriptor
        shutil.copyfileobj(content, file)


@contextmanager
def _beside(work: Callable[[IO[bytes]], None], *, writes: bool) -> Iterator[io.BufferedIOBase]:
    """The other end of a pipe at which ``work`` writes or reads on a thread. It is over when the block is."""
    reading, writing = os.pipe()
    theirs, ours = (writing, reading) if writes else (reading, writing)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with open(theirs, "wb" if writes else "rb") as end:  # noqa: PTH123 - of an open descriptor
                work(end)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, name="backup")
    thread.start()
    try:
        with open(ours, "rb") if writes else open(ours, "wb") as end:  # noqa: PTH123 - of an open descriptor
            yield end
    except Exception:
        thread.join()
        if failed and isinstance(failed[0], NullabonaError):
            raise failed[0] from None
        raise
    thread.join()
    if failed:
        raise failed[0]
