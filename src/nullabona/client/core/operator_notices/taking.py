"""Checks operator notices of the inbox, keeps those that hold and tells the person (spec/operator-notice.md).

An item that does not hold is only counted if anybody could have sent it. If only the operator could have, the person is
warned. An item that cannot be checked yet waits; the person is told once that something waits.
"""

from __future__ import annotations

from functools import partial

import msgspec

from nullabona.client.core.directory.keeping import Evidence, keep_evidence, load_pinned
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.model.facts.account import OperatorNoticeChanged, Warned
from nullabona.client.core.operator_notices import dockets
from nullabona.client.core.operator_notices.checking import (
    OLDEST_S,
    DocketForked,
    Genuine,
    NoticeUncheckable,
    NoticeUnwitnessed,
    check,
    origin_claimed,
)
from nullabona.client.core.operator_notices.keeping import (
    MOST_HELD,
    HeldItem,
    count_refused,
    kept_of,
    load_held,
    load_notice,
    save_held,
    save_notice,
)
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.handle import parse_handle


def take(step: Step, item: bytes) -> None:
    """Take in an inbox item that claims to be an operator notice."""
    _take(step, HeldItem(item, step.now // 1_000))


def look_again(step: Step, *, told: bool = False, asked: bool = False) -> None:
    """Check the waiting items again, because a policy may be known now or the clock may be right.

    ``asked``: the directory was asked for the docket's keys. With ``told`` the person is told, once for all, that items
    still wait which only the operator can have made.
    """
    waiting = load_held(step.store)
    if not waiting:
        return
    save_held(step.store, [])
    for each in waiting:
        _take(step, msgspec.structs.replace(each, asked=each.asked or asked))
    held = load_held(step.store)
    if told and any(each.vouched for each in held) and not any(each.told for each in held):
        step.tell(Warned(code=NoticeUncheckable.code, detail={"host": parse_handle(step.local.handle).authority}))
        save_held(step.store, [msgspec.structs.replace(each, told=each.vouched) for each in held])


def put_away(step: Step, id: bytes) -> bool:
    """Note that the person has read a notice, which stays in the list. False if there is no such notice."""
    known = load_notice(step.store, id)
    if known is not None and not known.put_away:
        save_notice(step.store, msgspec.structs.replace(known, put_away=True))
        step.tell(OperatorNoticeChanged(id, put_away=True))
    return known is not None


def _take(step: Step, item: HeldItem) -> None:
    handle = parse_handle(step.local.handle)
    pinned = load_pinned(step.store, handle.authority)
    try:
        compare = partial(dockets.compare, step.store)
        genuine = check(item.item, handle, pinned, compare, item.came_s, step.now // 1_000)
    except NoticeUncheckable as error:
        _hold(step, item, error)
    except (NoticeUnwitnessed, DocketForked) as error:
        _accuse(step, item, handle.authority, error)
    except PeerError as error:
        count_refused(step.store, error.code)
    else:
        _keep(step, item, genuine, pinned)


def _keep(step: Step, item: HeldItem, genuine: Genuine, pinned: Pinned | None) -> None:
    dockets.note_sighting(step.store, genuine.seen)
    if load_notice(step.store, genuine.id) is None:
        by_hand = pinned is not None and pinned.by_hand
        save_notice(step.store, kept_of(genuine, item.item, item.came_s, by_hand=by_hand))
        step.tell(OperatorNoticeChanged(genuine.id, put_away=False))


def _hold(step: Step, item: HeldItem, error: NoticeUncheckable) -> None:
    """Keep an item that cannot be checked yet, unless it is older than `OLDEST_S`."""
    held = load_held(step.store)
    if item.item in {each.item for each in held}:
        return
    if item.came_s + OLDEST_S < step.now // 1_000:
        count_refused(step.store, error.code)
        return
    item = msgspec.structs.replace(item, ready_s=error.ready_s, vouched=error.vouched)
    kept = _bounded(step, [*held, item])
    for _ in range(len(held) + 1 - len(kept)):
        count_refused(step.store, error.code)
    save_held(step.store, kept)


def _bounded(step: Step, held: list[HeldItem]) -> list[HeldItem]:
    """Items that only the operator can have made have separate slots, so that no other item displaces them.

    Of the rest, the docket with the most items loses a random one, so that an attacker who floods it cannot choose.
    """
    vouched = [each for each in held if each.vouched][-MOST_HELD:]
    others = [each for each in held if not each.vouched]
    while len(others) > MOST_HELD:
        claimed = [origin_claimed(each.item) for each in others]
        most = max(claimed, key=claimed.count)
        places = [place for place, origin in enumerate(claimed) if origin == most]
        del others[places[step.rng.between(0, len(places) - 1)]]
    return [each for each in held if each in vouched or each in others]


def _accuse(step: Step, item: HeldItem, host: str, error: PeerError) -> None:
    """Warn the person once, and keep as evidence an item that only a holder of the operator's keys can have made."""
    before = dockets.before(step.store, origin_claimed(item.item))
    count_refused(step.store, error.code)
    if keep_evidence(step.store, Evidence(error.code, host, item.came_s, before, item.item), step.local.host):
        step.tell(Warned(code=error.code, detail={"host": host}))
