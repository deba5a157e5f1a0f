"""The search is searched: a leak is planted on purpose in each layer of a machine, in each form, and must be found."""

from __future__ import annotations

import io
import os
import sqlite3
import stat
import tarfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from unicodedata import normalize

import pytest

from nullabona.drills.search import Hunt, Searched, Swap, files_below, look_at_swap, memory_chunks
from nullabona.drills.search.sources import BLOCK, file_chunks
from tests.drills.holder import holding
from tests.drills.plants import KOREAN, SECRETS, noise, packed_small

FORMS: dict[str, Callable[[str], bytes]] = {
    "raw": str.encode,
    "utf-16": lambda text: text.encode("utf-16-le"),
    "utf-32be": lambda text: text.encode("utf-32-be"),
    "cp949": lambda text: text.encode("cp949"),
    "nfd": lambda text: normalize("NFD", text).encode(),
    "base64": lambda text: b64encode(b"." + text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "compressed": lambda text: zlib.compress(text.encode()),
    "small window": lambda text: packed_small(text.encode(), 12),
    "fragment": lambda text: text.encode()[9:30],
}
FOUND_AS = {
    "raw": "utf-8 NFC",
    "utf-16": "utf-16le NFC",
    "utf-32be": "utf-32be NFC",
    "cp949": "cp949 NFC",
    "nfd": "utf-8 NFD",
    "base64": "base64+1 NFC",
    "hex": "hex NFC",
    "compressed": "utf-8 NFC in zlib",
    "small window": "utf-8 NFC in zlib",
    "fragment": "utf-8 NFC",
}
"""What the search calls it."""
LEAK = "korean"


def connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("secure_delete = 0", *pragmas):
        db.execute(f"PRAGMA {pragma}").fetchall()
    db.execute("CREATE TABLE note (body)")
    return db


def page(root: Path, leak: bytes) -> str:
    """A live row among others."""
    with closing(connect(root / "boxes.db")) as db:
        db.executemany("INSERT INTO note VALUES (?)", [(noise(900, seed),) for seed in range(30)])
        db.execute("INSERT INTO note VALUES (?)", (leak,))
    return "boxes.db"


def free_page(root: Path, leak: bytes) -> str:
    """A row that was deleted with the whole page it stood on."""
    with closing(connect(root / "boxes.db")) as db:
        db.executemany("INSERT INTO note VALUES (?)", [(noise(3_000, seed) + leak,) for seed in range(9)])
        db.execute("DELETE FROM note")
        assert 0 < db.execute("PRAGMA freelist_count").fetchone()[0]
    return "boxes.db"


def log_of_writes(root: Path, leak: bytes) -> str:
    """A row that was overwritten before it ever reached the database."""
    db = connect(root / "boxes.db", "journal_mode = WAL", "secure_delete = 1")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.execute("INSERT INTO note VALUES (?)", (leak,))
    db.execute("DELETE FROM note")
    open_databases.append(db)
    return "boxes.db-wal"


def temporary(root: Path, leak: bytes) -> str:
    """A file that something forgot, in a folder of its own."""
    (root / "tmp").mkdir()
    (root / "tmp" / ".sort-1f").write_bytes(noise(70_000) + leak + noise(70_000))
    return "tmp/.sort-1f"


def journal(root: Path, leak: bytes) -> str:
    """A line of a log."""
    (root / "relay.log").write_bytes(b"nullabona.relay: started\nappend: " + leak + b"\nnullabona.relay: stopped\n")
    return "relay.log"


def backup(root: Path, leak: bytes) -> str:
    """A database, copied and packed with something large before it, as an operator's nightly job does."""
    with closing(sqlite3.connect(root / "copy.db")) as copy, closing(connect(root / "boxes.db")) as db:
        db.execute("INSERT INTO note VALUES (?)", (leak,))
        db.backup(copy)
    with tarfile.open(root / "nightly.tar.gz", "w:gz") as archive:
        large = tarfile.TarInfo("blobs")
        large.size = 2 * BLOCK
        archive.addfile(large, io.BytesIO(noise(2 * BLOCK)))
        archive.add(root / "copy.db", "boxes.db")
    for name in ("copy.db", "boxes.db"):
        (root / name).unlink()
    return "nightly.tar.gz (gzip)"


def swap_area(root: Path, leak: bytes) -> str:
    """A swap file: a page that the kernel wrote out, between others, behind the area's own head."""
    head = bytes(4_086) + b"SWAPSPACE2"
    (root / "swapfile").write_bytes(head + noise(8_192) + leak.ljust(4_096, b"\0") + noise(4_096))
    return "swapfile"


LAYERS = {
    "database page": page,
    "free page": free_page,
    "write-ahead log": log_of_writes,
    "temporary file": temporary,
    "log": journal,
    "backup": backup,
    "swap file": swap_area,
}
open_databases: list[sqlite3.Connection] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """A write-ahead log is there as long as its database is open."""
    yield
    while open_databases:
        open_databases.pop().close()


@pytest.fixture(scope="module")
def hunt() -> Hunt:
    """A hunt for all planted secrets."""
    return Hunt(SECRETS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_leak_in_any_layer_and_any_form_is_found(tmp_path: Path, hunt: Hunt, layer: str, form: str) -> None:
    """Found where it was put, and nothing else is found; without the leak the same files are clean."""
    for root, leak, expected in (("clean", b"nothing", False), ("leaky", FORMS[form](KOREAN), True)):
        folder = tmp_path / root
        folder.mkdir()
        where = LAYERS[layer](folder, leak)
        found = hunt.search(files_below(folder), Searched())
        assert {(each.label, each.source) for each in found} == ({(LEAK, where)} if expected else set())
        assert not expected or FOUND_AS[form] in {each.form for each in found}


HOLDER = """
import mmap, sys
leak = bytes(byte ^ 0x5A for byte in bytes.fromhex(sys.stdin.readline()))
area = mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area[:] = b"\\xa5" * len(area)
area[70_000:70_000 + len(leak)] = leak
del leak
if sys.argv[1] == "out":
    area.madvise(21)  # MADV_PAGEOUT: write it out now
print("ready", flush=True)
sys.stdin.readline()
"""


def holder(leak: bytes, way: str) -> AbstractContextManager[int]:
    """A process that holds ``leak`` in its memory; ``out``: and had it written out to swap, if there is any."""
    masked = bytes(byte ^ 0x5A for byte in leak)  # so that only what the process made of it can be found
    return holding(HOLDER, way, masked)


@pytest.mark.parametrize("form", FORMS)
def test_a_leak_in_the_memory_of_a_process_is_found_in_any_form(hunt: Hunt, form: str) -> None:
    """Wherever the process has it, and as what it was written."""
    with holder(FORMS[form](KOREAN), "in") as pid:
        found = hunt.search(memory_chunks(pid), Searched())
    assert {LEAK} == {each.label for each in found}
    assert FOUND_AS[form] in {each.form for each in found}
    assert all(each.source.startswith("memory ") for each in found)


@pytest.mark.skipif(not look_at_swap(os.getpid()).areas, reason="this machine has no swap to write a process out to")
def test_a_leak_that_was_swapped_out_is_found(hunt: Hunt) -> None:
    """It is counted as swapped, and reading the memory reads it too."""
    with holder(KOREAN.encode(), "out") as pid:
        assert 0 < look_at_swap(pid).bytes
        assert {LEAK} == {each.label for each in hunt.search(memory_chunks(pid), Searched())}


def test_a_leak_that_the_kernel_was_told_to_write_out_is_found(hunt: Hunt) -> None:
    """With swap or without: a page that was given up for writing out is still read."""
    with holder(KOREAN.encode(), "out") as pid:
        assert {LEAK} == {each.label for each in hunt.search(memory_chunks(pid), Searched())}


def test_what_the_kernel_says_of_swap_is_read(tmp_path: Path) -> None:
    """How much of the process is out, and how many areas there are; a kernel that says nothing says none."""
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "status").write_text("Name:\tpython\nVmRSS:\t  9 kB\nVmSwap:\t     408 kB\n")
    (tmp_path / "swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n/dev/sda2\tpartition\t99\t4\t-2\n")
    assert Swap(408 * 1_024, 1) == look_at_swap(77, tmp_path)
    assert Swap(0, 0) == look_at_swap(77, tmp_path / "nowhere")


def test_a_disk_is_read_to_its_end(tmp_path: Path, hunt: Hunt, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a disk, as swap often is, has bytes although its status says that it has no size."""
    area = tmp_path / "sda2"
    area.write_bytes(noise(10_000) + KOREAN.encode())
    real = os.fstat

    def as_disk(fd: int) -> os.stat_result:
        status = list(real(fd))
        status[0], status[6] = stat.S_IFBLK | 0o600, 0
        return os.stat_result(status)

    monkeypatch.setattr(os, "fstat", as_disk)
    assert {LEAK} == {each.label for each in hunt.search(file_chunks(area, "sda2"), Searched())}


@pytest.mark.parametrize("cut", [1_000, 100_000])
def test_a_broken_backup_gives_what_it_began_with(tmp_path: Path, hunt: Hunt, cut: int) -> None:
    """A compressed file that ends too early does not stop the search of the others."""
    backup(tmp_path, KOREAN.encode())
    whole = (tmp_path / "nightly.tar.gz").read_bytes()
    (tmp_path / "nightly.tar.gz").write_bytes(whole[:cut])
    (tmp_path / "other").write_text(KOREAN, "utf-8")
    assert {(LEAK, "other")} == {(f.label, f.source) for f in hunt.search(files_below(tmp_path), Searched())}
