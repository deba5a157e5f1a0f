"""A desk's backup: whole, closed to others; put back only where no witness has more; else nothing is left."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from nullabona.docket.keeping.vault import BadIdentity, new_identity
from nullabona.docket.ports import Publication
from nullabona.errors import NullabonaError
from nullabona.log.keys import Kind
from nullabona.machine.http_client import Route
from nullabona.machine.keyfile import KeyFileUnusable, encode_private_key, write_key_file
from nullabona.machine.lock import FolderInUse, FolderLock
from nullabona.machine.settings import BadConfig
from nullabona.operating.desk_keeping import CopyUnproven, back_up_desk, read_identity, restore_desk
from nullabona.operating.keeping import BackupDamaged, BackupExists
from nullabona.reading import LogBehind
from tests.docket.desks import NOON, Clock
from tests.docket.publishing import ORIGIN, SIGNERS, WITNESS, PublicOffice
from tests.witness.running import seed, witness_signers

IDENTITY, RECIPIENT = new_identity()
ROUTE = Route(timeout_s=5.0)


class Stopped:
    """A desk with a case, of which two periods are published; its witness runs on, and nobody has it open."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "desk"
        self.office = PublicOffice(folder / "office", Clock())
        self.case = self.office.take_in()
        self.office.tick(2)
        (vkey,) = (signer.verifier.encode() for signer in witness_signers(WITNESS))
        logs = "".join(f"log {signer.verifier.encode()}\n" for signer in SIGNERS)
        self.policy = f"{logs}witness w {vkey} {self.office.witness.address.url}\nquorum w\n"
        self._close()
        self.data.mkdir()
        for name in ("desk", "log"):
            shutil.move(folder / "office" / name, self.data / name)
        self.office.root, self.office.folder = self.data, self.data / "desk"
        (self.data / "docket.toml").write_text(
            f'operator = "x"\norigin = "{ORIGIN}"\ndirectory = "../relay"\nlog_keys = "log.keys"\npolicy = "policy"\n'
        )
        (self.data / "policy").write_text(self.policy)
        keys = [encode_private_key(kind, ORIGIN, seed(f"log{kind}")) for kind in (Kind.ED25519, Kind.COSIGN_MLDSA44)]
        write_key_file(self.data / "log.keys", keys)
        self.file = folder / "desk.age"

    def _close(self) -> None:
        self.office.desk.close()
        self.office.loop.run(self.office.log.close())

    def more(self) -> None:
        """One more period is published and cosigned."""
        office = self.office
        office.log = office.open_log(office.root)
        office.publication = Publication(office.log, ORIGIN, self.policy)
        office.desk = office.open()
        office.tick()
        self._close()

    def back_up(self) -> int:
        return back_up_desk(self.data, self.file, RECIPIENT, NOON)

    def restore(self, into: Path, identity: str = IDENTITY) -> int:
        return restore_desk(self.file, identity, into, ROUTE)


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Stopped]:
    made = Stopped(tmp_path)
    yield made
    made.office.loop.close()
    made.office.witness.stop()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but those of running processes, and the empty ones that reading a database makes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"lock", "desk.lock"} and not path.name.endswith("-shm")
        if path.stat().st_size or not path.name.endswith("-wal")
    }


def test_what_comes_back_is_what_was_kept(stopped: Stopped, tmp_path: Path) -> None:
    """To the byte, private; the file shows nothing of it, and the desk of the copy goes on where it was."""
    kept, count = contents(stopped.data), stopped.back_up()
    data = stopped.file.read_bytes()
    assert data.startswith(b"age-encryption.org/v1")
    assert 0o600 == stopped.file.stat().st_mode & 0o777
    assert b"docket.toml" not in data
    assert ORIGIN.encode() not in data
    copy = tmp_path / "copy"
    assert count == stopped.restore(copy)
    assert kept == contents(copy)
    assert 0o600 == (copy / "log.keys").stat().st_mode & 0o777
    shutil.rmtree(stopped.data)
    copy.rename(stopped.data)
    stopped.more()
    stopped.office.desk = stopped.office.open()
    assert "received" == stopped.office.desk.glance(stopped.office.who("cora"), stopped.case).state
    stopped.office.desk.close()


def test_a_copy_that_lacks_what_was_cosigned_is_refused(stopped: Stopped, tmp_path: Path) -> None:
    """A desk made of it would write other slots into periods that are public. Nothing of it is left."""
    stopped.back_up()
    stopped.more()
    with pytest.raises(LogBehind):
        stopped.restore(tmp_path / "copy")
    assert [] == list((tmp_path / "copy").iterdir())


def test_a_copy_that_nobody_can_compare_is_refused(stopped: Stopped, tmp_path: Path) -> None:
    """The witness is away: it is put back when it answers."""
    stopped.back_up()
    stopped.office.witness.stop()
    with pytest.raises(CopyUnproven):
        stopped.restore(tmp_path / "copy")
    assert [] == list((tmp_path / "copy").iterdir())


@pytest.mark.parametrize("held", ["log", "console"])
def test_nothing_is_copied_while_the_desk_is_open(stopped: Stopped, held: str) -> None:
    """By a command or by the console: parts of different times do not go together."""
    (stopped.data / held).mkdir(exist_ok=True)
    lock = FolderLock(stopped.data / held)
    with pytest.raises(FolderInUse):
        stopped.back_up()
    lock.close()
    assert not stopped.file.exists()
    stopped.back_up()


def other_file(stopped: Stopped) -> None:
    stopped.file.write_bytes(b"age-encryption.org/v1\nnothing\n")


def cut_off(stopped: Stopped) -> None:
    stopped.file.write_bytes(stopped.file.read_bytes()[:-200])


def one_bit(stopped: Stopped) -> None:
    data = bytearray(stopped.file.read_bytes())
    data[len(data) // 2] ^= 1
    stopped.file.write_bytes(data)


@pytest.mark.parametrize("spoil", [other_file, cut_off, one_bit])
def test_a_damaged_backup_makes_nothing(stopped: Stopped, tmp_path: Path, spoil: object) -> None:
    """Another file, one that was cut off, a flipped bit."""
    stopped.back_up()
    assert callable(spoil)
    spoil(stopped)
    with pytest.raises(BackupDamaged):
        stopped.restore(tmp_path / "copy")
    assert [] == list((tmp_path / "copy").iterdir())


@pytest.mark.parametrize("name", ["../beside", "a/../../beside", "/beside", "link", "twice"])
def test_a_backup_that_somebody_made_up_writes_nothing_elsewhere(tmp_path: Path, name: str) -> None:
    """To encrypt for a desk takes only its recipient, which is no secret."""
    target, packed = tmp_path / "inner" / "desk", io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for _ in range(1 + (name == "twice")):
            entry = tarfile.TarInfo(str(tmp_path / "beside") if name == "/beside" else name)
            entry.type, entry.linkname = (tarfile.SYMTYPE, "..") if name == "link" else (tarfile.REGTYPE, "")
            archive.addfile(entry)
    backup = tmp_path / "made-up.age"
    backup.write_bytes(pyrage.encrypt(packed.getvalue(), [pyrage.x25519.Recipient.from_str(RECIPIENT)]))
    with pytest.raises(BackupDamaged):
        restore_desk(backup, IDENTITY, target, ROUTE)
    assert {backup, tmp_path / "inner", target} == set(tmp_path.rglob("*"))


def test_another_key_opens_nothing(stopped: Stopped, tmp_path: Path) -> None:
    """Nor does what is no key; and a folder with something in it is left as it is."""
    stopped.back_up()
    with pytest.raises(BackupDamaged):
        stopped.restore(tmp_path / "copy", new_identity()[0])
    with pytest.raises(BadIdentity):
        stopped.restore(tmp_path / "copy", "x")
    before = contents(stopped.data)
    with pytest.raises(BackupExists):
        stopped.restore(stopped.data)
    assert before == contents(stopped.data)


def elsewhere(stopped: Stopped) -> None:
    shutil.move(stopped.data / "log.keys", stopped.folder / "log.keys")
    text = (stopped.data / "docket.toml").read_text()
    (stopped.data / "docket.toml").write_text(text.replace('"log.keys"', '"../log.keys"'))


def inside(stopped: Stopped) -> None:
    stopped.file = stopped.data / "desk.age"


def there_already(stopped: Stopped) -> None:
    stopped.file.write_bytes(b"an older backup")


def unfounded(stopped: Stopped) -> None:
    shutil.rmtree(stopped.data / "desk")


@pytest.mark.parametrize("wrong", [elsewhere, inside, there_already, unfounded])
def test_a_backup_that_would_not_be_one_is_refused(stopped: Stopped, wrong: object) -> None:
    """A key that it would lack, a place that is lost with the desk, a file that is there, a folder without a desk."""
    assert callable(wrong)
    wrong(stopped)
    before = stopped.file.read_bytes() if stopped.file.exists() else None
    with pytest.raises((BadConfig, BackupExists, NullabonaError)) as told:
        stopped.back_up()
    assert {"bad-config", "backup-exists", "docket-not-founded"} >= {told.value.code}
    assert before == (stopped.file.read_bytes() if stopped.file.exists() else None)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """As age-keygen writes it, with its comments, it is read."""
    file = tmp_path / "backup.key"
    file.write_text(f"# created: today\n# public key: {RECIPIENT}\n{IDENTITY}\n")
    file.chmod(0o644)
    with pytest.raises(KeyFileUnusable):
        read_identity(file)
    file.chmod(0o600)
    assert IDENTITY == read_identity(file)
