"""Deputies: an officer who may for a time do what an absent officer's roles allow, appointed by two (docket.md §3.4).

A deputy acts as themselves, so four eyes stay four eyes; and nobody does for somebody what that person may not do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from nullabona.docket.core.instrument import DAY, Seconds
from nullabona.docket.core.records import OfficerId
from nullabona.docket.core.roles import ALONE, READERS, STAFF, DeskAction, NotAllowed, Role
from nullabona.errors import UserError

MOST_S: Final = 92 * DAY
"""How long one appointment lasts at most; the database has the same number."""


class DeputyWrong(UserError):
    """Nobody can be appointed deputy like this."""

    code = "docket-deputy-wrong"
    default_hint = "see the rules in spec/docket.md, and the roles: nulla docket officer list"


class DeputyDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="deputy"):
    """Appoints ``officer`` to act for ``absent``, from and until a time."""

    officer: OfficerId
    absent: OfficerId
    from_s: Seconds
    until_s: Seconds


class EndDeputyDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="end-deputy"):
    """``officer`` acts for ``absent`` no longer."""

    officer: OfficerId
    absent: OfficerId


class Deputyship(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom an officer acts now, with which roles, and until when."""

    absent: OfficerId
    roles: tuple[Role, ...]
    until_s: Seconds


def check_period(details: DeputyDetails, now_s: int) -> None:
    """Raises `DeputyWrong` for a time that is over, turned round, or longer than `MOST_S`."""
    if not details.from_s < details.until_s or details.until_s <= now_s:
        raise DeputyWrong("the time ends before it begins, or is over")
    if details.until_s - details.from_s > MOST_S:
        raise DeputyWrong(f"nobody is a deputy for more than {MOST_S // DAY} days at a time")


def check_pair(own: Collection[Role], absent: Collection[Role]) -> None:
    """Raises `DeputyWrong` unless the deputy works on cases already, and the absent officer has work to do."""
    if set(own).isdisjoint(READERS - ALONE):
        raise DeputyWrong("a deputy is an officer who works on cases already")
    if not set(absent) - ALONE:
        raise DeputyWrong("nobody acts for an admin or an auditor")


def stands_for(
    own: Collection[Role], deputyships: Iterable[Deputyship], allowed: Collection[Role], apart: Collection[str] = ()
) -> str | None:
    """For whom an officer does what ``allowed`` may do: empty for themselves, None if no role allows it.

    ``apart``: officers who may not do it here. One of them is named only if there is nobody else, to be refused.
    """
    if not set(own).isdisjoint(allowed):
        return ""
    able = [one.absent for one in deputyships if not set(one.roles).isdisjoint(allowed)]
    return next((name for name in able if name not in apart), able[0] if able else None)


def check_stands_for(own: Collection[Role], deputyships: Iterable[Deputyship], allowed: Collection[Role],
                     name: str) -> None:  # fmt: skip
    """Raises `NotAllowed` unless the officer may still do it for ``name`` (empty: for themselves)."""
    roles = own if not name else [role for one in deputyships if one.absent == name for role in one.roles]
    if set(roles).isdisjoint(allowed):
        raise NotAllowed("you are not, or no longer, the deputy of somebody whose role it is")


def for_deputies(action: DeskAction) -> bool:
    """Whether a deputy may do an action on the desk: all but what decides about the staff."""
    return action not in STAFF
