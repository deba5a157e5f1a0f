"""Before there is an account: the relay is asked for or runs here, and a link that another program opened is shown."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import device_calls as d
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol.call import Call
from nullabona.processes.servers import RelayProcess
from tests.api.people import new_name
from tests.api.service import Service
from tests.app.person import PASSPHRASE, Person
from tests.app.test_linking import let_in
from tests.app.wire import Refusal
from tests.cli.shell import nulla

Newcomer = Callable[..., Person]
CHECK = "a" * 16


def kept(person: Person) -> dict[str, object]:
    """What lies outside the encrypted profile."""
    folder = person.app.profile.with_name(f".{person.app.profile.name}.app")
    found: dict[str, object] = json.loads((folder / "app.json").read_bytes())
    return found


def listens(host: str) -> bool:
    """Whether somebody accepts connections there."""
    name, _, port = host.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((name, int(port))) == 0


@pytest.mark.parametrize("form", ["{0}", "ws://{0}", " http://{0}/ ", "someone@{0}"])
def test_a_relay_is_chosen_by_any_form_of_its_address(newcomer: Newcomer, service: Service, form: str) -> None:
    """Before that none is known; afterwards a handle needs no host, also when the app was started again."""
    mina = newcomer("mina")
    assert ("", False) == (mina.state().host, mina.state().fixed_host)
    assert service.host == mina.call(a.ChooseRelay(form.format(service.host))).host
    assert mina.call(a.CheckHandle(new_name("mina"))).free
    assert service.host == kept(mina)["relay"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "relay-address"),
        ("a server", "relay-address"),
        ("relay.example:99999", "relay-address"),
        ("https://relay.example/n/seoul-3", "relay-has-name"),
        ("wss://relay.example:8443/n/seoul-3/v1", "relay-has-name"),
        (" Relay.Example/n/Seoul-3/", "relay-has-name"),
        ("https://relay.example/x/seoul-3", "relay-address"),
        ("nullabona:contact/", "link-syntax"),
        ("https://relay.example/i#contact/mina@other.example/" + CHECK, "link-syntax"),
        ("127.0.0.1:1", "timed-out"),
    ],
)
def test_what_is_no_relay_is_refused_and_not_kept(newcomer: Newcomer, text: str, code: str) -> None:
    mina = newcomer("mina", lang="ko")
    with pytest.raises(Refusal) as refused:
        mina.call(a.ChooseRelay(text))
    assert code == refused.value.code
    assert ("", None) == (mina.state().host, mina.state().invite)


@pytest.mark.slow
def test_the_chosen_relay_is_kept_until_there_is_an_account(newcomer: Newcomer, service: Service) -> None:
    """Then the handle says it. With an account, or where --relay named one, none is chosen."""
    mina = newcomer("mina")
    mina.call(a.ChooseRelay(service.host))
    assert service.host == mina.sign_up(new_name("mina")).host
    assert "relay" not in kept(mina)
    with pytest.raises(Refusal) as refused:
        mina.call(a.ChooseRelay(service.host))
    assert "wrong-phase" == refused.value.code
    jun = newcomer("jun", "--relay", service.host)
    assert (service.host, True) == (jun.state().host, jun.state().fixed_host)


@pytest.mark.slow
def test_a_relay_here_ends_with_the_app_and_comes_back_with_it(newcomer: Newcomer) -> None:
    """At the same port, which stands in the handle; only on loopback; after the lock as well; once, if asked twice."""
    mina = newcomer("mina")
    assert "can" == mina.state().local_relay
    host = mina.call(a.TryHere()).host
    assert host == mina.call(a.TryHere()).host
    assert host.startswith("127.0.0.1:")
    assert "runs" == mina.state().local_relay
    mina.sign_up(new_name("mina"))
    mina.call(a.Lock())
    mina.page.let_it_begin_anew()
    mina.call(a.Unlock(PASSPHRASE))
    _until(lambda: listens(host))
    mina.end()
    assert not listens(host)
    again = newcomer("mina")
    _until(lambda: listens(host))
    again.call(a.Unlock(PASSPHRASE))
    assert again.me.handle.endswith(host)
    again.app.kill()
    _until(lambda: not listens(host))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_link_from_another_program_is_shown_once(newcomer: Newcomer, person: Newcomer, service: Service) -> None:
    """Before the account until there is one, and its relay is meant; with one on the first page; not while locked."""
    mina = person("mina")
    link = mina.call(c.MakeLink(hours=1, uses=1))
    jun = newcomer("jun", link.web)
    invite = jun.state().invite
    assert invite is not None
    assert (link.web, "contact", mina.me.handle, True) == (invite.text, invite.kind, invite.handle, invite.at_once)
    assert service.host == jun.state().host
    assert None is jun.sign_up(new_name("jun")).invite, "the page had it already, when the words were put off"
    assert mina.me.account == jun.call(c.FollowLink(link.text)).account
    jun.call(a.Lock())
    jun.page.let_it_begin_anew()
    assert None is jun.state().invite, "the command that begins anew names the link still"
    _open(jun, link.text)
    assert None is jun.state().invite
    shown = jun.call(a.Unlock(PASSPHRASE)).invite
    assert shown is not None
    assert link.text == shown.text
    assert None is jun.state().invite


def _open(person: Person, link: str) -> None:
    """A second start with a link."""
    started = nulla("app", link, "--no-browser", "--json", profile=person.app.profile)
    assert (0, False) == (started.code, started.row["mine"]), started.err


def test_what_is_no_link_starts_nothing(newcomer: Newcomer) -> None:
    mina = newcomer("mina")
    for text in ("hello", "https://example.org/", "nullabona:contact/mina"):
        refused = nulla("app", text, "--no-browser", profile=mina.app.profile)
        assert (1, True) == (refused.code, "link-syntax" in refused.err), refused.err
    assert None is mina.state().invite


def test_a_second_start_says_that_the_messenger_runs(newcomer: Newcomer, service: Service) -> None:
    """And which of its options do nothing then; a program is told by `mine`."""
    mina = newcomer("mina")
    again = nulla("app", "--no-browser", profile=mina.app.profile)
    assert (0, True) == (again.code, again.out.startswith("Open this in your browser: file:///")), again.err
    assert "The messenger is running already. This is another page of it.\n" == again.err
    other = nulla("app", "--no-browser", "--relay", service.host, "--lang", "ko", profile=mina.app.profile)
    assert ["이미 실행 중이에요" in other.err, "--relay" in other.err] == [True, True]
    assert ("", False) == (mina.state().host, mina.state().fixed_host)


@pytest.mark.slow
def test_a_server_that_asks_for_a_token_gets_it(newcomer: Newcomer, tmp_path: Path) -> None:
    """Refused without one, with a wrong and with a used one; then the account is made, also after a new start."""
    key = tmp_path / "token.key"
    made = nulla("log", "keygen", "relay.example/tokens", str(key), "--no-pq", profile=tmp_path)
    (tmp_path / "token.pub").write_text(made.out)
    gate = ("--registration", "token", "--registration-keys", str(tmp_path / "token.pub"))
    with RelayProcess(tmp_path / "gated", *gate) as relay:
        handle = f"{new_name('mina')}@{relay.authority}"
        text = nulla("relay", "token", str(key), "--host", relay.authority, profile=tmp_path).out.strip()
        mina = newcomer("mina")
        mina.call(a.CreateProfile(PASSPHRASE))
        assert "token-needed" == _refusal(mina, a.CreateAccount(handle, ""))
        assert "token-invalid" == _refusal(mina, a.CreateAccount(handle, "", text[:-1]))
        assert "no-account" == mina.state().phase
        mina.end()
        again = newcomer("mina")
        assert "no-account" == again.call(a.Unlock(PASSPHRASE)).phase
        assert "unconfirmed" == again.call(a.CreateAccount(handle, "", f" {text} ")).phase
        assert again.me.published
        jun = newcomer("jun")
        jun.call(a.CreateProfile(PASSPHRASE))
        other = f"{new_name('jun')}@{relay.authority}"
        assert "token-refused" == _refusal(jun, a.CreateAccount(other, "", text))


@pytest.mark.slow
def test_a_server_that_registers_nobody_says_so(newcomer: Newcomer, tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "paused", "--registration", "paused") as relay:
        mina = newcomer("mina", lang="ko")
        mina.call(a.CreateProfile(PASSPHRASE))
        call = a.CreateAccount(f"{new_name('mina')}@{relay.authority}", "")
        assert "registration-paused" == _refusal(mina, call)
        assert "no-account" == mina.state().phase


@pytest.mark.slow
def test_words_are_taken_after_a_refused_registration(
    newcomer: Newcomer, person: Newcomer, service: Service, tmp_path: Path
) -> None:
    """Somebody who has an account already made a new one by mistake: the page that refused it offers the words."""
    mina = person("mina")
    words = " ".join(mina.call(a.GetPhrase(PASSPHRASE)).words)
    with RelayProcess(tmp_path / "paused", "--registration", "paused") as relay:
        again = newcomer("again")
        again.call(a.CreateProfile(PASSPHRASE))
        call = a.CreateAccount(f"{new_name('again')}@{relay.authority}", "")
        assert "registration-paused" == _refusal(again, call)
        assert "ready" == again.call(a.RestoreAccount(mina.me.handle, words)).phase
    assert (mina.me.handle, mina.me.account) == (again.me.handle, again.me.account)
    assert "unregistered" not in kept(again)
    assert "wrong-phase" == _refusal(again, a.RestoreAccount(mina.me.handle, words))


@pytest.mark.slow
def test_a_code_is_taken_after_a_refused_registration(
    newcomer: Newcomer, person: Newcomer, service: Service, tmp_path: Path
) -> None:
    """As the words are. A no to the account that is shown leaves the profile without one, ready for the next code."""
    mina = person("mina")
    with RelayProcess(tmp_path / "paused", "--registration", "paused") as relay:
        desk = newcomer("desk")
        desk.call(a.CreateProfile(PASSPHRASE))
        call = a.CreateAccount(f"{new_name('again')}@{relay.authority}", "")
        assert "registration-paused" == _refusal(desk, call)
        for yes in (False, True):
            let_in(mina, desk)
            assert ("ready" if yes else "no-account") == desk.call(d.AnswerJoin(yes=yes)).phase
    assert (mina.me.handle, mina.me.account) == (desk.me.handle, desk.me.account)
    assert desk.call(d.GetDevices()).devices[-1].this
    assert {"unregistered", "relay"}.isdisjoint(kept(desk))
    assert "wrong-phase" == _refusal(desk, d.JoinAccount(mina.me.handle, "0", "desk"))


@pytest.mark.slow
def test_a_relay_here_registers_this_persons_accounts_only(newcomer: Newcomer, tmp_path: Path) -> None:
    """Everybody on the machine reaches it. Somebody else's app, which cannot read the key, is asked for a token."""
    mina = newcomer("mina")
    host = mina.call(a.TryHere()).host
    mina.sign_up(new_name("mina"))
    jun = newcomer("jun")
    assert jun.sign_up(f"{new_name('jun')}@{host}").me is not None
    stranger = Person(mina.loop, tmp_path / "stranger", data=tmp_path / "elsewhere")
    try:
        stranger.call(a.CreateProfile(PASSPHRASE))
        assert "token-needed" == _refusal(stranger, a.CreateAccount(f"{new_name('eve')}@{host}", ""))
    finally:
        stranger.end()


def _refusal(person: Person, call: Call[Any]) -> str:
    """The code with which it is refused."""
    with pytest.raises(Refusal) as refused:
        person.call(call)
    return refused.value.code
