"""Published figures of others, for comparison: read strictly, each with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from nullabona.docket.site.publication import Count, InstrumentId
from nullabona.errors import Bug
from nullabona.wire.demands import Label


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where figures were published."""

    id: str
    label: Label


class HistoricRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure, as published: ``handled`` as a number, or as the share that the source gave."""

    kind: InstrumentId
    period: str
    requested: Count
    source: str
    handled: Count | None = None
    handled_share: str = ""
    note: Label | None = None


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    source: tuple[Source, ...]
    row: tuple[HistoricRow, ...]

    def label_of(self, source: str) -> Label:
        """What a source is called."""
        return next(each.label for each in self.source if each.id == source)

    @property
    def interception(self) -> tuple[HistoricRow, ...]:
        """The three half-years that make the 147 interception requests of January 2013 to June 2014."""
        return tuple(row for row in self.row if row.kind == "KR.INTERCEPT" and "-H" in row.period)


def parse_history(text: str) -> History:
    """Raises `Bug`: the file comes with the program."""
    try:
        history = msgspec.convert(tomllib.loads(text), History, strict=True)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Bug("the figures of others cannot be read") from error
    if {row.source for row in history.row} != {source.id for source in history.source}:
        raise Bug("a figure of others has no source")
    return history


@cache
def load_history() -> History:
    """The figures that came with the program."""
    return parse_history((files("nullabona.docket.site") / "history.toml").read_text(encoding="utf-8"))
