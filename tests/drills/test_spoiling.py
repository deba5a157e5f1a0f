"""A package that was altered is refused with any part of the true keys, and a receipt of what never was is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.docket.production.evidence import RECEIPT, read_receipt
from nullabona.docket.production.verify import read_folder
from nullabona.drills.docket import lies
from nullabona.drills.docket.spoiling import ACCEPTED, Spoiling, noticed, spoil
from tests.docket.packages import desk, order, sealed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package on disk."""
    top = tmp_path_factory.mktemp("handed-over") / "package"
    for path, data in sealed(order("subscriber", "content")).items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(data)
    return top


def test_every_spoiling_is_refused(folder: Path, tmp_path: Path) -> None:
    """Tools that know no key of the operator's accept what they can; the checker nothing."""
    spoiled = spoil(folder, tmp_path, desk().policy, desk().seals)
    assert set(Spoiling) == set(spoiled) == set(ACCEPTED)
    assert noticed(spoiled)
    assert all(looked.checked is None and looked.problem for looked in spoiled.values())


def test_a_receipt_of_an_entry_that_never_was_is_none(folder: Path) -> None:
    """The true one is: what is refused is the entry."""
    receipt = read_receipt(read_folder(folder)[RECEIPT])
    assert lies._holds(receipt, desk().policy)
    assert not lies._holds(lies._unentered(receipt), desk().policy)
