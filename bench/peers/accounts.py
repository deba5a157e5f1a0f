"""Servers that know no accounts."""

from __future__ import annotations

from collections.abc import Sequence

from bench.peers.interface import NotOffered


class NoAccounts:
    """The operations of `bench.peers.interface.Session` that make accounts, refused."""

    async def prepare(self, numbers: Sequence[int]) -> None:  # noqa: ARG002 - refused whatever is asked
        raise NotOffered("it has no accounts")

    async def register(self, number: int) -> None:  # noqa: ARG002 - as above
        raise NotOffered("it has no accounts")
