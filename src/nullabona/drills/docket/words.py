"""What the drill and the demo's act say of claims, answers and altered packages, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nullabona.docket.core.records import ClassAnswer
from nullabona.drills.docket.packages import Looked
from nullabona.drills.docket.spoiling import Spoiling
from nullabona.drills.reporting.text import Sentences, Text
from nullabona.words.demands import ANSWER, DATA_CLASS

_say: Final = Sentences("drill_docket")

CLAIMS: Final[Mapping[str, Text]] = {
    "K-06": _say("k-06"),
    "K-12": _say("k-12"),
    "K-17": _say("k-17"),
    "K-18": _say("k-18"),
    "K-19": _say("k-19"),
    "K-20": _say("k-20"),
}  # fmt: skip


_SPOILED: Final[Mapping[Spoiling, Text]] = {
    Spoiling.FILE: _say("file-altered"),
    Spoiling.CERTIFICATE: _say("certificate-altered-every"),
    Spoiling.SUMS: _say("decision-dated-day"),
    Spoiling.SEALS: _say("same-everything-signed"),
    Spoiling.NOTE: _say("same-custodian-s"),
    Spoiling.ONE_KIND: _say("same-custodian-s-key"),
    Spoiling.STRANGERS: _say("same-custodian-s-key-strangers"),
    Spoiling.CUSTODIAN: _say("same-log-s"),
}  # fmt: skip


def spoiled_lines(spoiled: Mapping[Spoiling, Looked]) -> Iterator[Text]:
    """What each tool says of a package that was altered, in each way."""
    for spoiling, looked in spoiled.items():
        what, why = _SPOILED[spoiling], looked.problem
        sums = _say("sums-accept" if looked.summed else "sums-notice")
        signature = _say("signature-holds" if looked.signed else "signature-fails")
        yield _say("spoiled-package", what=what, sums=sums, signature=signature, verdict=why or _say("accepted"))


def answer_line(answer: ClassAnswer) -> Text:
    """The answer to one class of data."""
    asked, said = DATA_CLASS[answer.data_class], ANSWER[answer.answer]
    return _say("of-a-thing", thing=asked, said=said)
