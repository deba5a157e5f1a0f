"""Checks the own handle in every epoch of the public record, and promises of directories (spec/map.md §6).

Once in each period of the record it reads the list of what changed, and looks at the own handle where that says so. If
the directory is out of reach, it tries again later and then checks every epoch in between. The same loop checks
operator notices that wait for a policy or for the time, and follows the operator's docket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

import msgspec

from nullabona.client.account import load_account
from nullabona.client.core.account import own_devices
from nullabona.client.core.directory import empty_changes, own_answer
from nullabona.client.core.directory.errors import RecordGap
from nullabona.client.core.directory.keeping import (
    Evidence,
    keep_evidence,
    load_expected,
    load_pinned,
    load_watch,
    note_entries,
    own_cards,
    save_expected,
    save_position,
    save_watch,
)
from nullabona.client.core.directory.owner import LOST, Alarm, Look, Watch, judge, new_entries, settle, start
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.directory.promises import Expected
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import Warned, WarningDetail
from nullabona.client.core.operator_notices import dockets, taking
from nullabona.client.core.operator_notices.checking import own_docket
from nullabona.client.core.operator_notices.keeping import HeldItem, load_held
from nullabona.client.core.step import Step
from nullabona.client.net import EndpointRefused
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.own_lists import OwnLists
from nullabona.client.runner.randomness import fraction
from nullabona.client.runner.withheld import Withheld
from nullabona.errors import NullabonaError, PeerError
from nullabona.log.policy import Policy
from nullabona.wire.handle import Handle, parse_handle

RETRY_S: Final = 60.0
ASK_S: Final = 3_600.0
"""About how often a directory is asked for the keys of its operator's docket, while a notice waits for them."""
UNPUBLISHED_S: Final = 2.0
"""Seconds between two checks of a device without a published card whether it has one."""
DAY_S: Final = 86_400
_AFTER_CLOSE_S: Final = 1.0
"""Seconds between the time at which an epoch should close and the request for it: witnesses need a moment."""
_SHORTEST_S: Final = 1.0


class OwnKeyMonitor:
    """The monitor of one client.

    ``look_at_card`` is called after a look at the own handle, when the card that the directory shows is looked at too:
    the directory may have lost it, or another device of the account changed it.
    """

    def __init__(
        self, context: RunnerContext, directories: Directories, look_at_card: Callable[[], None] = lambda: None
    ) -> None:
        self._context = context
        self._directories = directories
        self._look_at_card = look_at_card
        self._lists = OwnLists(context, directories)
        self._withheld = Withheld(context, directories)
        self._poke = asyncio.Event()
        self._turn = asyncio.Lock()
        self._ask_s: float | None = None
        self._name_s: float | None = None

    def poke(self) -> None:
        """Look again within moments, because of what the directory was told or the person did."""
        self._poke.set()

    def inbox_read(self) -> None:
        """Plan a request for the docket's keys within `ASK_S` if a notice cannot be checked without them."""
        # Not at once: a request at that moment would show the directory that this device received something, and when.
        if self._ask_s is None and any(map(_to_be_asked, self._waiting())):
            self._ask_s = self._context.now() / 1_000 + fraction() * ASK_S
            self._poke.set()

    async def run(self) -> None:
        """Look whenever something is due, until the task is cancelled."""
        self._lists.draw_again()
        while True:
            self._poke.clear()
            pause = await self._once()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._poke.wait()

    async def watch_now(self) -> None:
        """Look at the own handle in every epoch up to now; nothing if this account never published a card.

        Raises what `Directories.watch` raises.
        """
        account = load_account(self._context.store)
        if account is not None and account.ever_published:
            async with self._turn:
                await self._watch_through(account.handle, whole=True)

    async def read_lists(self) -> None:
        """Read the newest lists now, which names nobody: what is due for the own handle is left to the next period.

        Raises as `watch_now`.
        """
        account = load_account(self._context.store)
        if account is None or not account.ever_published:
            return
        async with self._turn:
            with self._context.store.reading():
                watch = load_watch(self._context.store)
            if watch is not None:
                await self._lists.read(account.handle, watch)

    async def _once(self) -> float:
        account = load_account(self._context.store)
        if account is None or not account.ever_published:
            return UNPUBLISHED_S
        with self._context.store.reading():
            if own_devices.is_signed_out(self._context.store):
                return DAY_S
        pause = self._retry_s(account.handle.authority)
        try:
            async with self._turn:
                pause = await self._watch_through(account.handle)
            pause = min(pause, max(_SHORTEST_S, self._lists.pause()))
        except (PeerError, EndpointRefused) as error:
            await self._not_watched(account.handle, error)
        host = account.handle.authority
        pause = min(pause, await self._look_after_notices(host), await self._look_after_docket(host))
        return min(pause, await self._look_after_promises(str(account.handle)))

    async def _look_after_notices(self, host: str) -> float:
        """Check the operator notices that wait. Returns in how many seconds to look again."""
        if any(each.ready_s is not None and each.ready_s <= self._now_s for each in self._waiting()):
            with self._context.engine.step(self._context.now()) as step:
                taking.look_again(step, told=True)
            self._context.happened(ChangeSet(frozenset()))
        await self._ask_for_docket(host)
        due = [float(each.ready_s - self._now_s) for each in self._waiting() if each.ready_s is not None]
        due += [self._ask_s - self._now_s] if self._ask_s is not None else []
        return max(_SHORTEST_S, min(due, default=DAY_S))

    async def _ask_for_docket(self, host: str) -> None:
        """Ask the directory for the docket's keys if that is due, and draw the time of the next request.

        Only for notices for which `_to_be_asked` holds; without any, no request is planned.
        """
        if not any(map(_to_be_asked, self._waiting())):
            self._ask_s = None
            return
        if self._ask_s is None:
            self._ask_s = self._now_s + fraction() * ASK_S
        if self._ask_s > self._now_s:
            return
        self._ask_s = self._now_s + (0.5 + fraction()) * ASK_S
        with suppress(PeerError, EndpointRefused):
            await self._directories.learn_docket(host)
        self._context.happened(ChangeSet(frozenset()))

    async def _look_after_docket(self, host: str) -> float:
        """Follow the operator's docket if that is due. Returns in how many seconds it is due next."""
        with self._context.store.reading():
            pinned = load_pinned(self._context.store, host)
            due_s = dockets.load_docket(self._context.store).next_s
        handle = parse_handle(self._context.engine.local.handle)
        if pinned is None:
            return DAY_S
        if not any(own_docket(log.key.name, handle) for log in Policy.parse(pinned.policy).logs):
            return await self._ask_unprompted(host)
        if due_s is None or due_s <= self._now_s:
            with self._context.engine.step(self._context.now()) as step:
                due_s = dockets.next_look(step)
            with suppress(PeerError, EndpointRefused):
                await self._directories.follow_docket(host)
            self._context.happened(ChangeSet(frozenset()))
        return max(_SHORTEST_S, due_s - self._now_s)

    async def _ask_unprompted(self, host: str) -> float:
        """Ask whether the operator has a docket by now, if that is due. Returns in how many seconds it is due next."""
        # As often as a docket would be followed and regardless of the inbox, so that a request says nothing about it.
        drawn = (0.5 + fraction()) * dockets.LOOK_S
        if self._name_s is not None and self._name_s <= self._now_s:
            with suppress(PeerError, EndpointRefused):
                await self._directories.learn_docket(host)
            self._name_s = None
        if self._name_s is None:
            self._name_s = self._now_s + drawn
        return self._name_s - self._now_s

    def _waiting(self) -> list[HeldItem]:
        with self._context.store.reading():
            return load_held(self._context.store)

    # -- the own handle -------------------------------------------------------------------------------------------

    async def _watch_through(self, handle: Handle, *, whole: bool = False) -> float:
        """Read the newest lists, and look at the handle whole if they or ``whole`` say so. Raises as `watch_now`."""
        await self._directories.begin(handle.authority)
        with self._context.store.reading():
            watch = load_watch(self._context.store)
        if watch is None:
            return RETRY_S
        if not whole and (listed := await self._lists.quiet(handle, watch)) is not None:
            self._withheld.told(str(handle))
            return self._until_next(listed[0], listed[1].newest_s)
        pinned, found = await self._directories.watch(handle, watch)
        self._withheld.told(str(handle))
        self._conclude(handle, pinned, watch, found)
        await self._renew_answer(handle, watch, found)
        self._lists.looked(found)
        if not found.watch.entry[1] or found.openings:
            self._look_at_card()
        newest = found.openings[-1][1] if found.openings else None
        return self._until_next(pinned, newest)

    async def _renew_answer(self, handle: Handle, before: Watch, found: Look) -> None:
        """Look our handle up if the proof that we carry to others is of an older card or old (spec/map.md §9.1), unless
        another card was seen to enter the record. Only here, so that the look-up has nothing to do with whom we ask.
        """
        store = self._context.store
        with store.reading():
            own = own_devices.card(store)
            named_s = empty_changes.last_named_s(store, before, found)
            due = own is not None and own_answer.is_due(store, own.hash, self._now_s, named_s)
        if due and own is not None and found.watch.entry[2] in {b"", own.hash}:
            with suppress(PeerError, EndpointRefused):
                await self._directories.look_up(str(handle))

    def _conclude(self, handle: Handle, pinned: Pinned, before: Watch, found: Look) -> None:
        own_handle, after, sights = str(handle), found.watch, found.openings
        with self._context.engine.step(self._context.now()) as step:
            own = own_cards(step.store)
            judged, alarms = judge(before, sights, own, found.emptied)
            expected = load_expected(step.store)
            mine = [each for each in expected if each.handle == own_handle]
            still, broken = settle(mine, sights, own, found.emptied)
            if any(alarm.code == LOST for alarm in alarms):  # the promised card went with the one that was there
                broken = [alarm for alarm in broken if alarm.code != LOST]
            alarms = empty_changes.settle(step.store, before, found, alarms, self._now_s)
            save_watch(step.store, msgspec.structs.replace(after, place=judged.place))
            note_entries(step.store, new_entries(before, sights), after.epoch - self._kept_epochs(pinned))
            save_expected(step.store, [*(each for each in expected if each.handle != own_handle), *still])
            for alarm in (*alarms, *broken):
                self._sound(step, handle, _with_evidence(alarm, pinned, handle, found))
        if alarms or broken:
            self._context.happened(ChangeSet(frozenset()))

    def _sound(self, step: Step, handle: Handle, alarm: Alarm) -> None:
        """Keep the evidence of an alarm, and warn the person if they are to be told."""
        keep_evidence(
            step.store, Evidence(alarm.code, handle.authority, step.now // 1_000, b"", alarm.evidence), step.local.host
        )
        if not alarm.told:
            return
        about = WarningDetail(handle=str(handle), epoch=alarm.epoch, closed_s=alarm.closed_s, reason=alarm.reason)
        step.tell(Warned(code=alarm.code, detail=about))

    async def _not_watched(self, handle: Handle, error: NullabonaError) -> None:
        """Begin the watch again after a gap that the directory cannot prove; otherwise count how long it withholds."""
        try:
            if isinstance(error, RecordGap):
                await self._begin_anew(handle, error)
                return
        except (PeerError, EndpointRefused) as other:
            error = other
        await self._withheld.note(str(handle), error)

    async def _begin_anew(self, handle: Handle, gap: RecordGap) -> None:
        """Begin the watch again at the log's present state, warn, and keep promises of the gap as evidence."""
        # The state that was seen last may be in the gap too, so a look-up finds out the present one first.
        await self._directories.look_up(str(handle))
        pinned = await self._directories.begin(handle.authority)
        with self._context.engine.step(self._context.now()) as step:
            watch = start(pinned)
            save_watch(step.store, watch)
            save_position(step.store, None)
            own = [each for each in load_expected(step.store) if each.handle == str(handle) and each.by <= watch.epoch]
            for each in own:  # nobody can say any more whether these were kept
                keep_evidence(
                    step.store, Evidence(gap.code, handle.authority, self._now_s, b"", each.note), step.local.host
                )
            save_expected(step.store, [each for each in load_expected(step.store) if each not in own])
        self._context.warn(gap.code, handle=str(handle))

    # -- others' promises -----------------------------------------------------------------------------------------

    async def _look_after_promises(self, own: str) -> float:
        """Check the promises that are due. Returns in how many seconds the next one is due."""
        for each in self._promises(own):
            if each.next_s <= self._now_s:
                try:
                    await self._look_at(each)
                except (PeerError, EndpointRefused) as error:
                    await self._not_seen(each, error)
        times = [each.next_s for each in self._promises(own)]
        return max(_SHORTEST_S, min(times, default=self._now_s + RETRY_S) - self._now_s)

    def _promises(self, own: str) -> list[Expected]:
        with self._context.store.reading():
            return [each for each in load_expected(self._context.store) if each.handle != own]

    async def _look_at(self, promise: Expected) -> None:
        handle = parse_handle(promise.handle)
        watch = Watch(promise.after + 1, promise.peaks, closed_s=promise.due_s)
        pinned, found = await self._directories.watch(handle, watch)
        self._withheld.told(promise.handle)
        still, broken = settle([promise], found.openings, emptied=found.emptied)
        self._replace(promise, [self._looked_at(each, pinned.rules.period_s) for each in still])
        with self._context.engine.step(self._context.now()) as step:
            for alarm in broken:
                self._sound(step, handle, _with_evidence(alarm, pinned, handle, found))
        if broken:
            self._context.happened(ChangeSet(frozenset()))

    async def _not_seen(self, promise: Expected, error: NullabonaError) -> None:
        """Check the promise again later, or give it up once the directory no longer has to keep its epoch."""
        with self._context.store.reading():
            pinned = load_pinned(self._context.store, promise.host)
        if pinned is None or self._now_s > promise.due_s + pinned.rules.history_days * DAY_S:
            self._replace(promise, [])
            self._context.warn(RecordGap.code, handle=promise.handle)
            return
        self._replace(promise, [self._looked_at(promise, int(self._retry_s(promise.host)))])
        await self._withheld.note(promise.handle, error, promise.note)

    def _looked_at(self, promise: Expected, again_s: int) -> Expected:
        return msgspec.structs.replace(promise, look_s=self._now_s + again_s)

    def _replace(self, promise: Expected, by: list[Expected]) -> None:
        with self._context.engine.step(self._context.now()) as step:
            others = [each for each in load_expected(step.store) if each != promise]
            save_expected(step.store, [*others, *by])

    # -- inside ---------------------------------------------------------------------------------------------------

    def _retry_s(self, host: str) -> float:
        """Seconds until a directory that was out of reach is asked again: one period of its record at most."""
        with self._context.store.reading():
            pinned = load_pinned(self._context.store, host)
        return RETRY_S if pinned is None else min(RETRY_S, pinned.rules.period_s)

    def _kept_epochs(self, pinned: Pinned) -> int:
        return pinned.rules.history_days * DAY_S // pinned.rules.period_s

    def _until_next(self, pinned: Pinned, newest_s: int | None) -> float:
        if newest_s is None:
            return max(_SHORTEST_S, min(RETRY_S, pinned.rules.period_s / 4))
        due = newest_s + pinned.rules.period_s + _AFTER_CLOSE_S
        return max(_SHORTEST_S, due - self._context.now() / 1_000)

    @property
    def _now_s(self) -> int:
        return self._context.now() // 1_000


def _to_be_asked(held: HeldItem) -> bool:
    """Whether the directory may help: the notice waits for keys, not for the time.

    Anyone can send a notice that nobody vouches for, so the directory is asked only once because of such a one.
    """
    return held.ready_s is None and (held.vouched or not held.asked)


def _with_evidence(alarm: Alarm, pinned: Pinned, handle: Handle, found: Look) -> Alarm:
    """The alarm with the proof that others can check. A broken promise keeps its own if this look lacks its epoch."""
    proof = found.trail.evidence(pinned, str(handle), alarm.epoch, alarm.evidence)
    return replace(alarm, evidence=proof or alarm.evidence)
