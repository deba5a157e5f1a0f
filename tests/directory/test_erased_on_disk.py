"""An erased card is on no part of the disk: not in the file, its pages, its log, or blocks that were given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.directory.core.records import Erase, Hold, StoredCard
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.drills.stage.image import lacking, mounted
from tests.directory.test_store import apply, close, keep

MARK = b"<planted-by-the-test>"
needs_image = pytest.mark.skipif(bool(lacking()), reason=lacking() or "an image can be mounted")


@needs_image
@pytest.mark.slow
def test_an_erased_card_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    """Once the deletion stands in a published epoch; a stop and a start do not bring it back."""
    names = [f"somebody{number}" for number in range(40)]
    with mounted(tmp_path, 32) as image:
        store = SqliteCardStore(image.mount)
        for turn in range(2):
            with store.transaction():
                for name in names:
                    apply(store, keep(StoredCard(name, name, MARK * 100 + bytes([turn]), 20_000)))
            close(store)
        store.scrub()
        assert image.count(MARK) >= 100 * len(names)
        with store.transaction():
            for number, name in enumerate(names):
                apply(store, Erase(name, Hold(bytes([number]) * 32, 20_090)))
        close(store)
        store.scrub()
        assert 0 == image.count(MARK)
        store.close()
        SqliteCardStore(image.mount).close()
        assert 0 == image.count(MARK)
