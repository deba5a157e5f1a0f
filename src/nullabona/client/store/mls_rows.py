"""MLS state as rows. A group's generation is compared in SQL: no ratchet is ever advanced twice from one state."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.core.model.errors import StaleState
from nullabona.client.store.rows import Rows
from nullabona.client.store.statements import STATEMENTS

_GENERATION = STATEMENTS["mls_generation"]
_ROWS = STATEMENTS["mls_rows"]
_PUT = STATEMENTS["mls_put"]
_DELETE = STATEMENTS["mls_delete"]
_BEGIN = STATEMENTS["mls_begin"]
_ADVANCE = STATEMENTS["mls_advance"]
_DROP_GROUP = STATEMENTS["mls_drop_group"]
_DROP_SCOPE = STATEMENTS["mls_drop_scope"]


class MlsRows(Rows):
    """The rows of MLS groups."""

    __slots__ = ()

    def mls_generation(self, group: bytes) -> int | None:
        """The stored generation of a group, or None if there is none."""
        row = self._one(_GENERATION, (group,))
        return None if row is None else row[0]

    def mls_rows(self, scopes: Iterable[bytes]) -> list[tuple[bytes, bytes, bytes]]:
        """(scope, key, value) of every row in ``scopes``, sorted by key within a scope."""
        found: list[tuple[bytes, bytes, bytes]] = []
        for scope in scopes:
            found += self._all(_ROWS, (scope,))
        return found

    def mls_write(self, puts: Iterable[tuple[bytes, bytes, bytes]], dels: Iterable[tuple[bytes, bytes]]) -> None:
        """Insert or replace ``puts``, then delete ``dels``."""
        self._write_many(_PUT, puts)
        self._write_many(_DELETE, dels)

    def mls_advance(self, group: bytes, base: int | None, new: int) -> None:
        """Move a group's generation from ``base`` (None: no group yet) to ``new``.

        Raises `StaleState` if it is not at ``base``: the caller must undo the transaction and load the group again.
        """
        if base is None:
            self._write(_BEGIN, (group, new))
        else:
            self._write(_ADVANCE, (new, group, base))
        if self._changes() != 1:
            raise StaleState("a group's stored state is not the one this change was made from")

    def mls_drop(self, group: bytes, scopes: Iterable[bytes]) -> None:
        """Forget a group: its generation and every row of ``scopes``."""
        self._write(_DROP_GROUP, (group,))
        self._write_many(_DROP_SCOPE, [(scope,) for scope in scopes])
