"""One contract, every store: the file-backed encrypted one and the one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.client.store import SqliteStore
from tests.store.samples import KEY


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store of either kind."""
    made = (
        SqliteStore.create(tmp_path / "store.db", KEY) if request.param == "file" else SqliteStore.testing_in_memory()
    )
    yield made
    made.close()


@pytest.fixture
def opened(store: SqliteStore) -> Iterator[SqliteStore]:
    """An empty store of either kind, inside a transaction."""
    with store.transaction():
        yield store
