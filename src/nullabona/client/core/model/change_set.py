"""What a step of the engine changed, so that the shell looks again only there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.client.core.model.requests import ReadFor


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Where reads may have changed; whatever is in no room may have changed as well."""

    reads: frozenset[ReadFor]


NOTHING: Final = ChangeSet(frozenset())
"""This very one: nothing at all has changed, and there is no reason to look anywhere."""
