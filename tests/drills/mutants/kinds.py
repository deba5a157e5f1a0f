"""What a mutant is: a defence that is taken out of the code, and the drill that must fail without it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the one place that reads ``old`` in a file below ``src/nullabona``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defence that is taken out. ``fails``: lines of the threat model of which one at least must not hold any more.

    ``more``: arguments for the drill. ``stuck``: without the defence the drill may not come to its end, which counts as
    noticed too. ``blind``: chosen from the line's words and the code, before the drill's checks were looked at.
    ``trace``: what the words of a line that fails by this mutant alone name, so that others may share a run with it.
    """

    name: str
    drill: str
    fails: frozenset[str]
    edits: tuple[Edit, ...]
    more: tuple[str, ...] = ()
    stuck: bool = False
    blind: bool = False
    trace: str = ""


def mutant(
    name: str,
    drill: str,
    fails: str,
    *edits: Edit,
    more: tuple[str, ...] = (),
    stuck: bool = False,
    blind: bool = False,
    trace: str = "",
) -> Mutant:
    """The same, with the lines in one string."""
    return Mutant(name, drill, frozenset(fails.split()), edits, more, stuck, blind, trace)
