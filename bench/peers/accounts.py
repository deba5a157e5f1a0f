"""Accounts of idle clients, and servers that know none."""

from __future__ import annotations

from collections.abc import Sequence

from bench.peers.interface import NotOffered


def idler(number: int, sharing: int = 1) -> str:
    """The account of an idle client; ``sharing``: how many have one together."""
    return f"idle{number // sharing}"


class NoAccounts:
    """The operations of `bench.peers.interface.Session` that make accounts: not needed, or refused."""

    async def introduce(self, numbers: Sequence[int]) -> None:
        """Nobody needs to be known."""

    async def prepare(self, numbers: Sequence[int]) -> None:  # noqa: ARG002 - refused whatever is asked
        raise NotOffered("it has no accounts")

    async def register(self, number: int) -> None:  # noqa: ARG002 - as above
        raise NotOffered("it has no accounts")
