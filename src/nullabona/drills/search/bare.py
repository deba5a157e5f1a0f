"""Network addresses as four bare bytes, in either order.

Any four bytes turn up by chance once in four thousand million places, so one address in the memory of a process says
nothing. All of those that were planted say that somebody keeps them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from nullabona.drills.search.hunt import Finding
from nullabona.drills.search.secret import Kind, Secret
from nullabona.drills.search.sources import Chunk

FEW: Final = 3
"""Addresses of which fewer may all be there by chance."""


@dataclass(slots=True)
class Bare:
    """Looks for some addresses in what passes through `watch`."""

    secrets: tuple[Secret, ...]
    _found: dict[str, Finding] = field(default_factory=dict)

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> Bare:
        """The addresses among these."""
        return cls(tuple(secret for secret in secrets if secret.kind is Kind.ADDRESS))

    def watch(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The same chunks, looked at as they pass."""
        for chunk in chunks:
            for secret in self.secrets:
                if secret.label not in self._found:
                    self._look(secret, chunk)
            yield chunk

    def _look(self, secret: Secret, chunk: Chunk) -> None:
        packed = ipaddress.IPv4Address(secret.value.decode()).packed
        for four in (packed, packed[::-1]):
            if (at := chunk.data.find(four)) >= 0:
                self._found[secret.label] = Finding(
                    secret.label, secret.kind, chunk.source, "four bytes", chunk.offset + at, 1, 1.0
                )

    @property
    def findings(self) -> list[Finding]:
        """A finding for each address if all of them are there, and enough to be no chance."""
        return list(self._found.values()) if FEW <= len(self.secrets) == len(self._found) else []
