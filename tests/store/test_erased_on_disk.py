"""What a person deleted is on no part of the disk, though whoever looks has the key: an image is searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from nullabona.client.api.exporting.place import ExportPlace
from nullabona.client.store import SqliteStore
from nullabona.client.store.header import write_header
from nullabona.drills.stage.image import Image, lacking, mounted
from tests.store.samples import KEY
from tests.store.test_guards import HEADER

MARK = b"<planted-by-the-test>"
PAGE = 4_096
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "an image can be mounted")]


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    with mounted(tmp_path, 32) as made:
        yield made


def pages_of(path: Path) -> set[bytes]:
    """The beginnings of the pages in a log, as they are sealed: each is there once in the world."""
    data = path.read_bytes()
    return {data[start + 24 + 40 : start + 24 + 72] for start in range(32, len(data) - PAGE, 24 + PAGE)}


def left_of(pages: list[bytes], image: Image) -> list[bytes]:
    """Which of them stand on the image."""
    image.count(MARK)  # what is in memory of it goes to the disk
    whole = image.path.read_bytes()
    return [page for page in pages if page in whole]


@pytest.mark.parametrize("how", ["idle", "closed"])
def test_no_page_of_the_log_is_left(image: Image, how: str) -> None:
    """The log's pages held deleted messages under the key that opens the store: overwritten, then given back."""
    path = image.mount / "store.db"
    store = SqliteStore.create(path, KEY)
    with store.transaction():
        store.mls_write([(b"s", b"%d" % n, MARK * 100) for n in range(200)], [])
    with store.transaction():
        store.mls_write([], [(b"s", b"%d" % n) for n in range(200)])
    pages = sorted(pages_of(path.with_name("store.db-wal")))[:30]
    assert pages == left_of(pages, image)
    if how == "idle":
        store.checkpoint()
        assert [] == [page for page in left_of(pages, image) if page not in path.read_bytes()]
    store.close()
    assert [] == [page for page in left_of(pages, image) if page not in path.read_bytes()]


def test_what_an_export_left_is_overwritten(image: Image) -> None:
    """The next run erases what an interrupted one wrote in the clear; so does one that gives up."""
    for begins in (True, False):
        place = ExportPlace(image.mount / "export")
        place.begin()
        with place.new_file("rooms", "0001 room", "messages.txt") as file:
            file.write(MARK * 1_000)
        assert image.count(MARK)
        if begins:
            ExportPlace(image.mount / "export").begin()
        else:
            place.give_up()
        assert 0 == image.count(MARK)


def test_the_header_before_is_overwritten(image: Image) -> None:
    """It holds the key under the passphrase from before."""
    path = image.mount / "profile.json"
    write_header(path, replace(HEADER, profile="a" * 32))
    assert image.count(b"a" * 32)
    write_header(path, replace(HEADER, profile="b" * 32))
    assert 0 == image.count(b"a" * 32)
