"""What a finding of `nulla docket verify` means, and where it lies, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from nullabona.words.catalogue import Language, Words, pick
from nullabona.words.errors import ERRORS

FINDINGS: Final = Words("findings")
"""By code."""
WHERE: Final = Words("findings_where")
"""By key; English is what `nullabona.docket.core.findings` says."""


class Located(Protocol):
    """A finding: where something lies, and, if another part said why, the code of that."""

    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, object]: ...
    @property
    def cause(self) -> str: ...
    @property
    def message(self) -> str: ...


def where(found: Located, language: Language) -> str:
    """Where and how something does not hold."""
    if not pick(WHERE[found.key], language):
        return found.message
    why = (
        pick(ERRORS[found.cause], language).removesuffix(".") if found.cause in ERRORS else found.values.get("why", "")
    )
    return WHERE.say(found.key, language, **{**found.values, "why": why})
