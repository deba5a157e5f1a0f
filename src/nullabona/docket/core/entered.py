"""Checks a sealed case against its signed acts, which the database cannot do (spec/docket.md §3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.docket.core.acts import BarDetails, GagDetails, StayDetails
from nullabona.docket.core.decide import package_digest, version_of
from nullabona.docket.core.records import CaseContent, Package
from nullabona.docket.core.states import Action
from nullabona.errors import UserError
from nullabona.wire.canonical import digest


class CaseAltered(UserError):
    """A case does not match its signed acts: the database was changed outside the desk."""

    code = "docket-case-altered"
    default_hint = "do not use this case; find out who can write the desk's files, and compare with a copy"


_TAKES_IN: Final = frozenset({Action.INTAKE, Action.AMEND})
_BEGINS_AGAIN: Final = _TAKES_IN | {Action.RESUME}


@dataclass(frozen=True, slots=True)
class Entered:
    """The parts of an act that this check needs. ``details``: the hexadecimal digest of what was signed."""

    action: str
    challenge: bytes
    approves: bytes | None
    details: str


def check_entered(
    content: CaseContent, package: Package | None, acts: Sequence[Entered], made: tuple[int, bytes], *, by_law: bool
) -> None:
    """Raises `CaseAltered`. ``made``: the serial and version of the last edit; ``by_law``: the law orders a gag.

    The end and basis of a renewed gag are not compared: its act holds them only in a digest with other details.
    """
    if version_of(content, made[0]) != made[1]:
        raise CaseAltered("what the case says is not the version that was approved")
    if package is not None and package_digest(package) != content.package_sha256:
        raise CaseAltered("the package is not the one that was decided on")
    if _gagged(content, acts, by_law=by_law) not in {None, content.gag is not None} or not _proposed(content, acts):
        raise CaseAltered("the gag is not the one that two have signed")
    if (content.barred is not None) != _barred(acts) or not _bar_proposed(content, acts):
        raise CaseAltered("the bar on the notice is not the one that two have signed")
    if not _stayed(content, acts):
        raise CaseAltered("the stay is not the one that was signed")


def _gagged(content: CaseContent, acts: Sequence[Entered], *, by_law: bool) -> bool | None:
    """Whether the signed acts give a gag: the demand's, or one that two officers signed. An amendment keeps a gag.

    None: unknown, because an amendment replaced the demand that may have carried the gag.
    """
    actions = {one.challenge: one.action for one in acts}
    last = max((at for at, one in enumerate(acts) if one.action in _TAKES_IN), default=-1)
    gag: bool | None = False
    for at, one in enumerate(acts):
        if one.action in _TAKES_IN:
            ordered = by_law or (at == last and content.demand.gag is not None)
            gag = gag or ordered or (gag if at == last else None)
        elif one.action == Action.CONFIRM_GAG:
            gag = actions.get(one.approves or b"") == Action.RENEW_GAG
    return gag


def _barred(acts: Sequence[Entered]) -> bool:
    """Whether two officers barred the notice. An amendment forgets it, and so does the end of a stay."""
    actions = [one.action for one in acts]
    since = max((at for at, action in enumerate(actions) if action in _BEGINS_AGAIN), default=-1)
    return Action.CONFIRM_BAR in actions[since + 1 :]


def _stayed(content: CaseContent, acts: Sequence[Entered]) -> bool:
    """Whether there is a stay exactly if the last act about one is a stay, with the same basis."""
    last = next((one for one in reversed(acts) if one.action in {Action.STAY, Action.RESUME}), None)
    if content.stay is None or last is None or last.action != Action.STAY:
        return content.stay is None and (last is None or last.action == Action.RESUME)
    return last.details == digest(StayDetails(content.stay.basis)).hex()


def _bar_proposed(content: CaseContent, acts: Sequence[Entered]) -> bool:
    waits = content.proposed_bar
    wanted = digest(BarDetails(waits.basis)).hex() if waits is not None else ""
    return waits is None or any(one.challenge == waits.challenge and one.details == wanted for one in acts)


def _proposed(content: CaseContent, acts: Sequence[Entered]) -> bool:
    """Whether the gag change that waits for its second signature is the one signed first."""
    waits = content.proposed_gag
    if waits is None:
        return True
    wanted = digest(GagDetails(waits.gag, waits.basis)).hex()
    return any(one.challenge == waits.challenge and one.details == wanted for one in acts)
