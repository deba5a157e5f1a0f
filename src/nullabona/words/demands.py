"""The words of demands: in packages, and on the device of the person who is told of one."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Words

DATA_CLASS: Final = Words("demands", section="data_class")
ANSWER: Final = Words("demands", section="answer")
REASON: Final = Words("demands", section="reason")
BRANCH: Final = Words("demands", section="branch")
FIELD: Final = Words("demands", section="field")
ROW_FIELD: Final = Words("demands", section="row_field")
"""What a row of the taxonomy says, by field."""
