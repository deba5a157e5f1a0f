"""What a drill hands back: what was learned, what was not, and which claims of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from nullabona.drills.reporting.text import Sentences, Text
from nullabona.errors import UserError
from nullabona.words.catalogue import Language
from nullabona.words.columns import width

_say: Final = Sentences("drill_reporting")

_WIDTH: Final = 110


class DrillFailed(UserError):
    """A drill could not be played to its end; nothing is said of its claims."""

    code = "drill-failed"


class Verdict(StrEnum):
    """How a claim came out."""

    HELD = "held"
    FAILED = "failed"
    UNPROVEN = "unproven"
    """It could not be looked at, here and now; the text says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of spec/threat-model.md, put to the test."""

    id: str
    verdict: Verdict
    text: Text

    @classmethod
    def of(cls, id: str, text: Text, *, held: bool) -> Check:
        """A check that held or failed."""
        return cls(id, Verdict.HELD if held else Verdict.FAILED, text)

    @classmethod
    def shown(cls, id: str, text: Text, *, seen: bool, otherwise: Text) -> Check:
        """What the page admits: it held if it was seen here and now; ``otherwise``: why it was not."""
        return cls(id, Verdict.HELD, text) if seen else cls(id, Verdict.UNPROVEN, text.because(otherwise))

    def unless(self, why: Text | None) -> Check:
        """The same, but not proven if there is a reason why it could not fail; what failed, failed all the same."""
        if why is None or self.verdict is Verdict.FAILED:
            return self
        return Check(self.id, Verdict.UNPROVEN, self.text.because(why))


@dataclass(slots=True)
class Section:
    """A heading and what stands below it."""

    title: Text
    lines: list[Text] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """The outcome of one drill. ``data`` are the same facts for a machine."""

    drill: str
    title: Text
    sections: list[Section] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether no claim failed. An unproven one is no failure, and the report says so."""
        return all(check.verdict is not Verdict.FAILED for check in self.checks)

    def only(self, ids: Iterable[str]) -> Report:
        """The same report, but on these lines alone; on all of them if none is named."""
        wanted = frozenset(ids)
        self.checks = [check for check in self.checks if not wanted or check.id in wanted]
        return self

    def section(self, title: Text, lines: Iterable[Text] = ()) -> Section:
        """A new section at the end."""
        section = Section(title, list(lines))
        self.sections.append(section)
        return section

    def render(self, language: Language) -> str:
        """The report for a person."""
        title = self.title.in_(language)
        parts = [f"{title}\n{'─' * width(title)}"]
        parts.extend(_section(section, language) for section in self.sections)
        heading = _say("claims-put-test").in_(language)
        parts.append("\n".join([heading, *(_claim(check, language) for check in self.checks)]))
        return "\n\n".join(parts)

    def encode(self) -> dict[str, Any]:
        """The report for a machine."""
        return {
            "drill": self.drill,
            "held": self.held,
            "checks": [{"id": c.id, "verdict": c.verdict.value, **c.text.both()} for c in self.checks],
            "learned": [{"title": s.title.both(), "lines": [line.both() for line in s.lines]} for s in self.sections],
            **self.data,
        }


class Played(Protocol):
    """What came of a drill: one report, or several as one."""

    @property
    def held(self) -> bool: ...

    @property
    def checks(self) -> Sequence[Check]: ...

    def render(self, language: Language) -> str: ...

    def encode(self) -> dict[str, Any]: ...


_MARKS: Final = {
    Verdict.HELD: _say("held-2"),
    Verdict.FAILED: _say("failed"),
    Verdict.UNPROVEN: _say("not-proven"),
}


def _section(section: Section, language: Language) -> str:
    return "\n".join([section.title.in_(language), *(_item("·", line, language) for line in section.lines)])


def _claim(check: Check, language: Language) -> str:
    return _item(f"{_MARKS[check.verdict].in_(language)} {check.id}", check.text, language)


def _item(mark: str, text: Text, language: Language) -> str:
    """A sentence behind a mark, broken into lines that fit, Hangul counted as two columns."""
    lines, indent = [f"  {mark}"], "    "
    for word in text.in_(language).split():
        if width(f"{lines[-1]} {word}") > _WIDTH:
            lines.append(f"{indent}{word}")
        else:
            lines[-1] = f"{lines[-1]} {word}"
    return "\n".join(lines)
