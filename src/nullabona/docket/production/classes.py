"""The classes of data that a demand may ask for, and the stored columns of each.

A class without a column can only be answered *not held*: that the operator cannot hand over, watch, find or remove a
private message is not a promise here but a missing row of this table.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Final, get_args

from nullabona.docket.core.records import ClassAnswer, Decision, Demand, Match
from nullabona.errors import UserError
from nullabona.wire.data_held import Column
from nullabona.wire.demands import Answer, DataClass

CLASSES: Final[tuple[DataClass, ...]] = get_args(DataClass)
FIELDS: Final[Mapping[DataClass, tuple[str, ...]]] = {
    "subscriber": (
        "name",
        "skeleton",
        "encoded",
        "registered_day",
        "label",
        "epoch",
        "replaced",
        "entries",
        "until_day",
    ),
}
"""The fields of ``producible`` by class; the other classes have none. A test compares it with the stored columns."""


ROWS: Final = {"replaced": "replaced", "entry": "entries"}
"""Tables with several rows for a handle; each table is one field of the record."""


def field_of(column: Column) -> str | None:
    """The field of ``producible`` that holds a column of the directory; None: it belongs to no handle."""
    if column.table in ROWS:
        return ROWS[column.table]
    return column.name if column.table in {"card", "held"} and column.name != "mark" else None


class AnswerImpossible(UserError):
    """A decision answers a class that was not requested, leaves one out, or promises data that is not held."""

    code = "docket-answer-impossible"
    default_hint = "every class that was asked for needs one answer; what is not held can only be answered so"


def fields_of(
    data_class: DataClass, matches: Sequence[Match], allowed: Container[str] | None = None
) -> tuple[tuple[Match, str], ...]:
    """The held fields of ``data_class`` of the matched accounts; ``allowed``: those the law allows to be produced."""
    wanted = [field for field in FIELDS.get(data_class, ()) if allowed is None or field in allowed]
    return tuple((match, field) for match in matches if match.found for field in wanted if field in match.record)


def answer_of(data_class: DataClass, matches: Sequence[Match], allowed: Container[str] | None = None) -> Answer:
    """The fullest possible answer: *produced* only if a field of the class is held and the law allows producing it."""
    if fields_of(data_class, matches, allowed):
        return "produced"
    return "not_in_scope" if fields_of(data_class, matches) else "not_held"


def check_answers(
    demand: Demand, matches: Sequence[Match], decision: Decision, allowed: Container[str] | None = None
) -> tuple[ClassAnswer, ...]:
    """The answer to each class, in the order of the demand. Raises `AnswerImpossible`.

    A refusal of the demand refuses every class for the same reason.
    """
    if decision.outcome == "refuse":
        if decision.reason is None or decision.answers:
            raise AnswerImpossible("a refusal has one reason and hands nothing over")
        return tuple(ClassAnswer(asked, "refused", decision.reason) for asked in demand.classes)
    given = {answer.data_class: answer for answer in decision.answers}
    if decision.reason is not None or len(given) != len(decision.answers) or set(given) != set(demand.classes):
        raise AnswerImpossible("the decision does not answer exactly what was asked")
    for answer in decision.answers:
        _check_one(answer, answer_of(answer.data_class, matches, allowed))
    return tuple(given[asked] for asked in demand.classes)


def _check_one(answer: ClassAnswer, possible: Answer) -> None:
    if answer.answer == "produced" and possible == "not_in_scope":
        raise AnswerImpossible(f"the law lets nothing of the class {answer.data_class} be produced for this demand")
    if answer.answer == "produced" and possible != "produced":
        raise AnswerImpossible(f"nothing of the class {answer.data_class} is held, so nothing can be produced")
    if answer.answer == "not_held" and possible != "not_held":
        raise AnswerImpossible(f"data of the class {answer.data_class} is held, so it cannot be said not to be")
    if (answer.answer == "refused") != (answer.reason is not None):
        raise AnswerImpossible("a class is refused with a reason, and only then")
