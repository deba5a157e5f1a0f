"""A relay whose operator changed it so that it asks no witness what it holds, in the place of ``nulla``.

``python -m nullabona.drills.lost_directory.stubborn relay serve ...``: the shipped program would end at once with an
old copy of its record (`nullabona.sequencer.LogOlder`).
"""

from __future__ import annotations

from typing import Any

from nullabona.cli import main
from nullabona.sequencer.witnesses import Circle


async def _hear_nothing(*_: Any) -> None:  # noqa: ANN401 - whatever it is asked with
    return None


if __name__ == "__main__":
    Circle._held = _hear_nothing  # type: ignore[method-assign,assignment] # noqa: SLF001 - an operator changes what they like
    main()
