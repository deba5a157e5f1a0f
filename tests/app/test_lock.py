"""Locking: what was shown is gone, addresses of content are dead, and only the passphrase opens again."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from tests.api.people import new_name
from tests.api.service import Service
from tests.app.person import PASSPHRASE, Person
from tests.app.wire import Loop, Refusal, origin, request

PIXELS = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
"""A picture of one pixel."""


def upload(person: Person, name: str, data: bytes) -> p.Uploaded:
    """Upload as a page does."""
    port = person.app.port
    path = f"/upload?name={name}"
    status, _, body = request(port, "POST", path, data, Origin=origin(port), X_Nulla_Token=person.token)
    assert 200 == status, body
    return p.Uploaded(**json.loads(body))


@pytest.mark.slow
def test_locking_takes_everything_away(person: Callable[..., Person]) -> None:
    """Every page is told; calls and uploads are refused, signed addresses die; a wrong passphrase opens nothing."""
    mina = person("mina")
    tab = mina.new_tab()
    sent = upload(mina, "pixel.png", PIXELS)
    assert ("photo", 1, 1) == (sent.kind, sent.width, sent.height)
    assert 200 == request(mina.app.port, "GET", sent.preview)[0]
    assert "locked" == mina.call(a.Lock()).phase
    for page in (mina.page, tab):
        assert "locked" == page.told(p.Locked).state.phase
        assert not page.told(p.Locked).state.chats
    tab.let_it_begin_anew()
    assert 403 == request(mina.app.port, "GET", sent.preview)[0]
    with pytest.raises(Refusal) as refused:
        mina.call(t.OpenRoom("00"))
    assert "locked" == refused.value.code
    with pytest.raises(Refusal) as refused:
        mina.call(a.Unlock("something else"))
    assert "wrong-passphrase" == refused.value.code
    assert "ready" == mina.call(a.Unlock(PASSPHRASE)).phase
    tab.told(p.Reset)
    assert 403 == request(mina.app.port, "GET", sent.preview)[0]
    with pytest.raises(Refusal) as refused:
        mina.call(t.SendFile("00" * 16, sent.upload, "c"))
    assert "no-such-upload" == refused.value.code


@pytest.mark.slow
def test_a_download_under_way_breaks_off_at_the_lock(person: Callable[..., Person]) -> None:
    """What comes of it is not the whole file, and its end is told: the connection ends too."""
    mina, junho = person("mina"), person("junho")
    room, data = mina.befriend(junho), os.urandom(8 * 1_048_576)
    mina.open(room)
    mina.call(t.SendFile(room, upload(mina, "large.bin", data).upload, "c", kind="file"))
    told = mina.page.told(p.MessagesChanged, lambda push: push.messages[0].file and push.messages[0].file.download)
    file = told.messages[0].file
    assert file is not None
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.settimeout(20)
        reader.connect(("127.0.0.1", mina.app.port))
        reader.sendall(f"GET {file.download} HTTP/1.1\r\nHost: 127.0.0.1:{mina.app.port}\r\n\r\n".encode())
        assert reader.recv(15).startswith(b"HTTP/1.1 200")
        mina.call(a.Lock())
        came = 0
        with contextlib.suppress(ConnectionError):
            while part := reader.recv(65_536):
                came += len(part)
    assert came < len(data)


@pytest.mark.slow
def test_wrong_passphrases_in_a_row_have_to_wait(person: Callable[..., Person]) -> None:
    """After the third wrong one even the right one is told to wait; then it opens."""
    mina = person("mina")
    mina.call(a.Lock())
    codes = []
    for guess in ("one", "two", "three", PASSPHRASE):
        with pytest.raises(Refusal) as refused:
            mina.call(a.Unlock(guess))
        codes.append(refused.value.code)
    assert ["wrong-passphrase"] * 3 + ["too-soon"] == codes
    assert "ready" == _opened(mina)


@pytest.mark.slow
def test_passphrases_that_are_tried_at_once_have_to_wait_too(person: Callable[..., Person]) -> None:
    """Of a dozen wrong ones in one go, at the lock and for the words, three are tried and the others told to wait."""
    mina = person("mina")
    for call in (a.GetPhrase, a.Unlock):
        asked = [mina.page.ask(call(f"guess {n}")) for n in range(12)]
        codes = [mina.page.answer(id)["code"] for id in asked]
        assert ["wrong-passphrase"] * 3 + ["too-soon"] * 9 == codes
        mina.call(a.Lock())
        assert "ready" == _opened(mina)
        mina.call(a.Lock())


def _opened(person: Person, most_s: float = 20.0) -> str:
    """The phase once the passphrase is taken again."""
    end = time.monotonic() + most_s
    while True:
        try:
            return str(person.call(a.Unlock(PASSPHRASE)).phase)
        except Refusal as refused:
            if refused.code != "too-soon" or time.monotonic() > end:
                raise


@pytest.mark.slow
def test_a_locked_profile_opens_again_after_a_restart(person: Callable[..., Person], loop: Loop) -> None:
    """The next start waits for the passphrase, in the language chosen before, and shows the account again."""
    mina = person("mina")
    handle = mina.me.handle
    mina.call(a.SetSettings(language="ko", theme="dark"))
    mina.end()
    again = Person(loop, mina.app.profile)
    try:
        state = again.state()
        assert ("locked", "ko", "dark") == (state.phase, state.settings.language, state.settings.theme)
        state = again.call(a.Unlock(PASSPHRASE))
        assert state.me is not None
        assert ("ready", handle) == (state.phase, state.me.handle)
    finally:
        again.end()


@pytest.mark.slow
def test_the_words_are_checked_once_and_shown_for_the_passphrase(
    newcomer: Callable[..., Person], service: Service
) -> None:
    """Wrong words do not confirm; the right ones do; later the words want the passphrase."""
    mina = newcomer("mina")
    mina.call(a.CreateProfile(PASSPHRASE))
    assert "unconfirmed" == mina.call(a.CreateAccount(service.handle(new_name("mina")), "Mina")).phase
    phrase = mina.call(a.GetPhrase())
    assert 24 == len(phrase.words)
    with pytest.raises(Refusal) as refused:
        mina.call(a.ConfirmPhrase(["wrong"] * len(phrase.ask)))
    assert "words-wrong" == refused.value.code
    assert "ready" == mina.call(a.ConfirmPhrase([phrase.words[place] for place in phrase.ask])).phase
    with pytest.raises(Refusal) as refused:
        mina.call(a.GetPhrase("not it"))
    assert "wrong-passphrase" == refused.value.code
    assert phrase.words == mina.call(a.GetPhrase(PASSPHRASE)).words


@pytest.mark.slow
def test_a_name_that_does_not_fit_is_no_way_around_the_words(newcomer: Callable[..., Person], service: Service) -> None:
    """The account was made by then: its words are shown and asked for, and it has no name yet."""
    mina = newcomer("mina")
    mina.call(a.CreateProfile(PASSPHRASE))
    made = mina.call(a.CreateAccount(service.handle(new_name("mina")), "가" * 61))
    assert made.me is not None
    assert ("unconfirmed", "") == (made.phase, made.me.profile_name)
    assert 24 == len(mina.call(a.GetPhrase()).words)


@pytest.mark.slow
def test_a_check_that_was_put_off_is_remembered_until_it_is_made(
    newcomer: Callable[..., Person], service: Service
) -> None:
    """Putting it off leaves a reminder in the state; the right words, shown for the passphrase, end it."""
    mina = newcomer("mina")
    mina.call(a.CreateProfile(PASSPHRASE))
    mina.call(a.CreateAccount(service.handle(new_name("mina")), "Mina"))
    put_off = mina.call(a.ConfirmPhrase([], later=True))
    assert ("ready", True) == (put_off.phase, put_off.words_unchecked)
    phrase = mina.call(a.GetPhrase(PASSPHRASE))
    checked = mina.call(a.ConfirmPhrase([phrase.words[place] for place in phrase.ask]))
    assert ("ready", False) == (checked.phase, checked.words_unchecked)
