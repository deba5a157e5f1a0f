"""From the legal desk to a person's device, with a real relay, desk and witness; and what may stand between."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from nullabona.client.api import Client, OperatorNoticeChanged, OperatorNoticeInfo
from nullabona.client.core.directory.keeping import forget_pinned
from nullabona.client.core.model.ports import Store
from nullabona.client.core.operator_notices import dockets, taking
from nullabona.client.core.operator_notices.keeping import load_notices
from nullabona.client.runner import own_key_monitor
from nullabona.docket.cases.delivery import put_frame
from nullabona.docket.core.records import Decision, Gag
from nullabona.errors import Refused
from nullabona.machine.http_client import HttpClient, Route, parse_url
from nullabona.wire.card import sign_delete, verify_card
from nullabona.wire.messages import DeleteCard, Done, decode_response, encode
from nullabona.wire.seal import seal_to_inbox
from tests.api.people import happens, people, play, until
from tests.cli.shell import nulla
from tests.operator.office import LiveOffice, OperatorService

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
NOTHING = {"delivered": 0, "waiting": 0, "barred": 0, "gone": 0, "failed": {}, "held": []}
QUICK_S = 100.0
DAY_S = 86_400


def held(why: str) -> list[dict[str, str]]:
    """The first case's notice, and why it stays."""
    return [{"case": f"{time.gmtime().tm_year}-00001", "why": why}]


def forget_notices(store: Store) -> None:
    """As on a device that has just been restored."""
    for notice in load_notices(store):
        store.delete_value(f"operator-notice:{notice.id.hex()}")


async def arrived(client: Client, count: int = 1) -> tuple[OperatorNoticeInfo, ...]:
    """The notices, once there are so many."""
    await until(client, lambda: len(client.operator_notices.all().notices) >= count)
    return client.operator_notices.all().notices


def test_a_notice_comes_from_the_desk_to_the_device(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice
) -> None:
    """It says what was demanded, by which law, what was handed over, and how it was checked; once, and for good."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            await live_office.work(live_office.notify, mina.me.handle)
            done = await live_office.work(live_office.deliver)
            assert (0, NOTHING | {"delivered": 1}) == (done.code, done.row), done
            event = await happens(mina, OperatorNoticeChanged)
            (notice,) = mina.operator_notices.all().notices
            assert (event.notice, False) == (notice.id, notice.put_away)
            assert (mina.me.handle, "US Marshals", "US.WARRANT") == (notice.handle, notice.authority, notice.instrument)
            assert {"subscriber": "produced", "content": "not_held"} == notice.answers
            assert ("encoded", "registered_day") == tuple(f for f in notice.given if f in {"encoded", "registered_day"})
            assert ((), ("w0",), operator.origin) == (notice.unknown, notice.witnesses, notice.origin)

    play(story(), QUICK_S)
    listed = nulla("operator-notices", "list", "--json", profile=tmp_path / "mina").row
    assert (1, 0, 0, True) == (len(listed["notices"]), listed["unchecked"], listed["refused"], listed["checkable"])
    id = listed["notices"][0]["id"]
    shown = nulla("operator-notices", "show", id[:8], profile=tmp_path / "mina")
    assert "US Marshals demanded data about your account" in shown.out
    assert "18 U.S.C. § 2703(c)(1)(A)" in shown.out
    assert f"Checked against the log {operator.origin} at size " in shown.out
    assert "witnessed by w0" in shown.out
    assert all(each in shown.out for each in ("2026-1234", "2026-00001", "quash", "no lawyer has reviewed"))
    assert 0 == nulla("operator-notices", "put-away", id[:8], profile=tmp_path / "mina").code
    assert nulla("operator-notices", "list", "--json", profile=tmp_path / "mina").row["notices"][0]["put_away"]


def test_a_relay_that_is_down_loses_no_notice(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice
) -> None:
    """The command says so and fails; the next one delivers, and a third has nothing to do."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            await live_office.work(live_office.notify, mina.me.handle)
            operator.kill()
            down = await live_office.work(live_office.deliver)
            assert (4, NOTHING | {"failed": {"unreachable": 1}, "held": held("unreachable")}) == (
                down.code,
                down.row,
            ), down
            operator.start()
            done = await live_office.work(live_office.deliver)
            assert (0, NOTHING | {"delivered": 1}) == (done.code, done.row), done
            assert 1 == len(await arrived(mina))
            again = await live_office.work(live_office.deliver)
            assert (0, NOTHING) == (again.code, again.row), again

    play(story(), QUICK_S)


def test_a_gag_that_came_after_the_decision_keeps_the_notice_back(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice
) -> None:
    """Drawn up and proven, it is not delivered while two officers' gag is in force; once lifted it is."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            case = await live_office.work(live_office.notify, mina.me.handle)
            await live_office.work(live_office.gag, case, Gag("18 U.S.C. § 2705(b)"))
            barred = await live_office.work(live_office.deliver)
            assert (0, NOTHING | {"barred": 1, "held": held("gag")}) == (barred.code, barred.row), barred
            await live_office.work(live_office.gag, case, None)
            done = await live_office.work(live_office.deliver)
            assert (0, NOTHING | {"delivered": 1}) == (done.code, done.row), done
            assert 1 == len(await arrived(mina))

    play(story(), QUICK_S)


def test_a_deleted_account_is_not_told_and_holds_nothing_up(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice
) -> None:
    """Nobody is left to tell: that notice is put aside for good, another one is delivered."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina", "jun") as (mina, jun):
            for client in (mina, jun):
                await live_office.work(live_office.notify, client.me.handle)
            await delete(operator, jun)
            done = await live_office.work(live_office.deliver)
            assert (0, NOTHING | {"delivered": 1, "gone": 1}) == (done.code, done.row), done
            assert 1 == len(await arrived(mina))
            assert () == jun.operator_notices.all().notices

    play(story(), QUICK_S)


async def delete(operator: OperatorService, client: Client) -> None:
    """The owner deletes their card."""
    account = client._session.account()
    card = await client._session.runner.directories.look_up(client.me.handle)
    day = int(time.time()) // DAY_S
    known = verify_card(card.card, today=day)
    statement = sign_delete(account.root.identity_key(), known, day=day)
    async with HttpClient(parse_url(f"http://{operator.host}")) as http:
        reply = await http.post("v1", encode(DeleteCard(statement)), 4_096, "application/octet-stream")
    assert isinstance(decode_response(reply.body), Done)


def test_a_full_inbox_takes_the_notice_another_day(tmp_path: Path) -> None:
    """The relay's refusal is shown with its code; once the inbox has room again the notice comes."""

    async def story(operator: OperatorService, office: LiveOffice) -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            await office.work(office.notify, mina.me.handle)
            inbox = verify_card((await mina._session.runner.directories.look_up(mina.me.handle)).card,
                                today=int(time.time()) // DAY_S).inbox  # fmt: skip
            for _ in range(3):
                with suppress(Refused):
                    await put_frame(inbox.relay, Route(), inbox, seal_to_inbox(inbox, b"\x00rubbish"))
            full = await office.work(office.deliver)
            assert (3, ["day-quota"]) == (full.code, list(full.row["failed"])), full
            operator.kill()
            operator.limits = ""
            operator.start()
            done = await office.work(office.deliver)
            assert (0, NOTHING | {"delivered": 1}) == (done.code, done.row), done
            assert 1 == len(await arrived(mina))

    with OperatorService(tmp_path / "operator", limits="box_frames_per_day = 2") as operator:
        office = LiveOffice.found(tmp_path / "office", operator)
        try:
            play(story(operator, office), QUICK_S)
        finally:
            office.stop()


def test_a_docket_that_begins_later_is_learnt_from_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that met the directory before holds the notice, which no witness vouches for, without a word; it asks
    again, and shows it.
    """
    monkeypatch.setattr(dockets, "LOOK_S", 2)

    async def story(operator: OperatorService, office: LiveOffice) -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            assert not mina.operator_notices.all().checkable
            await office.work(office.notify, mina.me.handle)
            await office.work(office.deliver)
            await until(mina, lambda: mina.operator_notices.all().unchecked == 1)
            operator.kill()
            operator.names_docket = True
            operator.start()
            mina._session.runner.own_key_monitor.poke()
            assert 1 == len(await arrived(mina))
            assert (0, True) == (mina.operator_notices.all().unchecked, mina.operator_notices.all().checkable)

    with OperatorService(tmp_path / "operator", names_docket=False, period_s=2) as operator:
        office = LiveOffice.found(tmp_path / "office", operator)
        try:
            play(story(operator, office), QUICK_S)
        finally:
            office.stop()


def test_a_notice_that_comes_after_its_docket_was_named_is_shown_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that pinned the directory before asks it again because of the notice, long before a period is over."""
    monkeypatch.setattr(own_key_monitor, "ASK_S", 1.0)

    async def story(operator: OperatorService, office: LiveOffice) -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            operator.kill()
            operator.names_docket = True
            operator.start()
            await mina._session.runner.own_key_monitor.watch_now()
            assert not mina.operator_notices.all().checkable
            await office.work(office.notify, mina.me.handle)
            await office.work(office.deliver)
            assert 1 == len(await arrived(mina))

    with OperatorService(tmp_path / "operator", names_docket=False, period_s=3_600) as operator:
        office = LiveOffice.found(tmp_path / "office", operator)
        try:
            play(story(operator, office), QUICK_S)
        finally:
            office.stop()


def test_a_directory_that_is_seen_for_the_first_time_frees_what_waited(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice
) -> None:
    """As on a restored device, whose inbox is read before anything is known of the directory."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            runner = mina._session.runner
            await live_office.work(live_office.notify, mina.me.handle)
            await live_office.work(live_office.deliver)
            (notice,) = await arrived(mina)
            with runner.engine.step(runner.now()) as step:
                forget_notices(step.store)
                forget_pinned(step.store, operator.host, 0)
                taking.take(step, notice.item)
            assert (0, 1) == (len(mina.operator_notices.all().notices), mina.operator_notices.all().unchecked)
            await runner.directories.begin(operator.host)
            assert (1, 0) == (len(mina.operator_notices.all().notices), mina.operator_notices.all().unchecked)

    play(story(), QUICK_S)


def test_a_refusal_is_told_as_one(tmp_path: Path, operator: OperatorService, live_office: LiveOffice) -> None:
    """Nothing was handed over, and the reason stands there."""

    async def story() -> OperatorNoticeInfo:
        async with people(operator, tmp_path, "mina") as (mina,):
            await live_office.work(live_office.notify, mina.me.handle, Decision("refuse", reason="incomplete"))
            await live_office.work(live_office.deliver)
            return (await arrived(mina))[0]

    notice = play(story(), QUICK_S)
    assert (True, "incomplete", (), {}) == (notice.refused, notice.reason, notice.given, notice.answers)
    shown = nulla("operator-notices", "show", notice.id.hex(), "--lang", "ko", profile=tmp_path / "mina").out
    assert "운영자는 거절했고 아무것도 넘기지 않았다고 해요." in shown
