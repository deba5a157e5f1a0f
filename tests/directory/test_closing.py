"""What is computed of an epoch ahead of its closing changes nothing of what it is closed with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nullabona.directory.core.closing import close_epoch, leaf_of, work_ahead
from nullabona.directory.core.records import StoredEntry
from tests.log.test_prefix_pages import Table

_labels = st.sampled_from([bytes([top]) + bytes(30) + bytes([low]) for top in (0, 1, 64, 255) for low in range(4)])
_entries = st.dictionaries(_labels, st.sampled_from([bytes([at]) * 32 for at in range(3)] + [None]))


def entered(digests: dict[bytes, bytes | None]) -> dict[bytes, StoredEntry]:
    return {label: StoredEntry(2, 1, b"n" * 16, digest) for label, digest in digests.items()}


@given(before=_entries, first=_entries, second=_entries, third=_entries)
def test_an_epoch_that_was_computed_ahead_is_the_same(
    before: dict[bytes, bytes | None],
    first: dict[bytes, bytes | None],
    second: dict[bytes, bytes | None],
    third: dict[bytes, bytes | None],
) -> None:
    """However much came, or changed, between two computations and the closing."""
    table = Table()
    table.change({label: leaf_of(label, entry) for label, entry in entered(before).items()})
    root = table.root if table.stored else None
    ahead = None
    for digests in (first, first | second):
        ahead = work_ahead(2, table, entered(digests), ahead)
    last = entered(first | second | third)
    plain, helped = close_epoch(table, root, last, 2), close_epoch(table, root, last, 2, ahead)
    assert plain == helped
    assert plain == close_epoch(table, root, last, 2, work_ahead(1, table, entered(first), None))
