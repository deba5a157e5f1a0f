"""A new device shows whose account it is about to be one of, and its person has the last word."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import device_calls as d
from nullabona.app.protocol import pushes as p
from tests.app.person import PASSPHRASE, Person
from tests.app.wire import Refusal


@pytest.fixture
def mina(person: Callable[..., Person]) -> Person:
    """Whose account gets a second device."""
    return person("mina")


@pytest.fixture
def desk(newcomer: Callable[..., Person]) -> Person:
    """Her second device, with a profile and no account."""
    made = newcomer("desk")
    made.call(a.CreateProfile(PASSPHRASE))
    return made


def let_in(mina: Person, desk: Person) -> tuple[d.LinkShown, d.JoinInto]:
    """Up to the question on the new device; what both screens show then."""
    shown: d.LinkShown = mina.call(d.LinkDevice())
    with ThreadPoolExecutor(1) as pool:
        asked: Future[d.JoinInto] = pool.submit(desk.call, d.JoinAccount(shown.handle, shown.code, "desk"))
        assert mina.call(d.WaitLink()) == d.LinkCandidate("desk")
        mina.call(d.AnswerLink(yes=True))
        return shown, asked.result(30)


def test_both_screens_show_the_same_number_before_anything_is_used(mina: Person, desk: Person) -> None:
    """Until the person has said yes there is no account on the new device; then it is the old one's."""
    shown, into = let_in(mina, desk)
    assert (shown.handle, shown.number, True) == (into.handle, into.number, into.in_record)
    assert [5] * 6 == [len(group) for group in into.number]
    assert desk.state().me is None
    state = desk.call(d.AnswerJoin(yes=True))
    assert state.me is not None
    assert state.me.handle == shown.handle
    assert [False, True] == [device.this for device in desk.call(d.GetDevices()).devices]


def test_another_number_is_refused_and_leaves_nothing(mina: Person, desk: Person) -> None:
    """The profile is as it was, and can become somebody else's or be linked again."""
    let_in(mina, desk)
    assert desk.call(d.AnswerJoin(yes=False)).me is None
    assert desk.state().me is None
    shown, _ = let_in(mina, desk)
    joined = desk.call(d.AnswerJoin(yes=True)).me
    assert joined is not None
    assert joined.handle == shown.handle


def test_an_answer_without_a_question_is_refused(mina: Person, desk: Person) -> None:
    """Before a code was used, and a second time after the answer."""
    for asked in (False, True):
        if asked:
            let_in(mina, desk)
            desk.call(d.AnswerJoin(yes=True))
        with pytest.raises(Refusal) as refused:
            desk.call(d.AnswerJoin(yes=True))
        assert refused.value.code == "bad-call"


def test_what_the_old_device_refuses_is_no_question(mina: Person, desk: Person) -> None:
    """The new one is told at once, and nothing is left to answer."""
    shown: d.LinkShown = mina.call(d.LinkDevice())
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(desk.call, d.JoinAccount(shown.handle, shown.code, "desk"))
        mina.call(d.WaitLink())
        mina.call(d.AnswerLink(yes=False))
        with pytest.raises(Refusal) as refused:
            asked.result(30)
    assert refused.value.code == "link-declined"
    with pytest.raises(Refusal):
        desk.call(d.AnswerJoin(yes=True))


def test_what_comes_with_the_history_is_shown_without_a_reload(
    person: Callable[..., Person], mina: Person, desk: Person
) -> None:
    """The page is told to look again; no row ever shows the room that the account's devices share."""
    jun = person("jun")
    room = mina.befriend(jun)
    mina.send(room, "before")
    let_in(mina, desk)
    desk.call(d.AnswerJoin(yes=True))
    desk.page.told(p.Reset)
    assert {room} == {chat.room for chat in desk.state().chats}
    for one in (mina, desk):
        rows = [pushed.push.chat.room for pushed in one.page.pushes if isinstance(pushed.push, p.ChatChanged)]
        assert {room} >= set(rows)
