"""Nobody but the page gets in: Host, Origin, tokens, methods, sizes and slowness, against the real process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from picows import WSError

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import talk_calls as t
from nullabona.app.server.headers import CSP
from tests.app.person import ROOT, App, Person
from tests.app.wire import Loop, Page, Refusal, origin, request, trade


def test_it_listens_on_loopback_only(door: App) -> None:
    """No other address of this machine reaches the port."""
    lines = (
        Path("/proc/net/tcp").read_text("ascii").splitlines() + Path("/proc/net/tcp6").read_text("ascii").splitlines()
    )
    port = f":{door.port:04X}"
    listening = [line.split()[1] for line in lines[1:] if line.split()[1].endswith(port) and line.split()[3] == "0A"]
    assert [f"0100007F{port}"] == listening


def test_the_launch_file_is_private_and_goes_when_it_was_used(app: App) -> None:
    """0600 in a 0700 directory; gone after the trade; the token stands in no argument of the process."""
    assert 0o600 == stat.S_IMODE(app.launch_file.stat().st_mode)
    assert 0o700 == stat.S_IMODE(app.launch_file.parent.stat().st_mode)
    arguments = Path(f"/proc/{app.pid}/cmdline").read_bytes()
    assert app.launch.encode() not in arguments
    assert 200 == trade(app.port, app.launch)[0]
    assert not app.launch_file.exists()


def test_a_profile_may_be_named_from_where_one_is(tmp_path: Path) -> None:
    """``--profile new-folder``, as the locked screen recommends it to whoever forgot the passphrase."""
    running = App(Path(os.path.relpath(tmp_path / "new-folder", ROOT)))
    _, said = running.stop()
    assert tmp_path in running.launch_file.resolve().parents
    assert "[bug]" not in said


def test_a_launch_token_is_traded_once(app: App) -> None:
    """The second trade of it is refused, unless a page that did not hear the answer says the same again."""
    status, token = trade(app.port, app.launch)
    assert [200, 403, 200] == [status, trade(app.port, app.launch)[0], trade(app.port, app.launch, token)[0]]


@pytest.mark.parametrize("token", ["short", "a" * 42, "a" * 44, "a" * 42 + "=", "ä" * 43])
def test_a_page_cannot_choose_a_guessable_token(app: App, token: str) -> None:
    """Only 32 bytes in base64url are taken; the launch token is not spent by others."""
    assert [400, 200] == [trade(app.port, app.launch, token)[0], trade(app.port, app.launch)[0]]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", "[::1]:1", ""])
def test_a_wrong_host_gets_nothing(door: App, host: str) -> None:
    """A name that was rebound to loopback reaches no file, no trade and no WebSocket."""
    body = json.dumps({"launch": door.launch}).encode()
    answers = [
        request(door.port, "GET", "/", Host=host)[0],
        request(
            door.port, "POST", "/trade", body, Host=host, Origin=origin(door.port), Content_Type="application/json"
        )[0],
        request(door.port, "GET", "/ws", Host=host, Upgrade="websocket", Connection="Upgrade")[0],
    ]
    assert [403, 403, 403] == answers


@pytest.mark.parametrize("foreign", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", ""])
def test_a_foreign_origin_gets_nothing(door: App, foreign: str) -> None:
    """Another site, another port and a file cannot trade or read, even with a good launch token."""
    body = json.dumps({"launch": door.launch}).encode()
    assert 403 == request(door.port, "POST", "/trade", body, Origin=foreign, Content_Type="application/json")[0]
    assert 403 == request(door.port, "GET", "/", Origin=foreign)[0]


def test_what_changes_something_must_say_its_origin(door: App) -> None:
    """A POST without Origin is refused."""
    body = json.dumps({"launch": door.launch}).encode()
    assert 403 == request(door.port, "POST", "/trade", body, Content_Type="application/json")[0]


def test_another_site_cannot_embed_anything(door: App) -> None:
    """What a foreign page loads as image or script is refused; opening the page itself is not."""
    assert 403 == request(door.port, "GET", "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0]
    assert 403 == request(door.port, "GET", "/media/x", Sec_Fetch_Site="same-site", Sec_Fetch_Mode="no-cors")[0]
    assert 200 == request(door.port, "GET", "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0]


@pytest.mark.parametrize("path", ["/", "/nothing", "/media/x/y", "/ws", "/trade", "/../../etc/passwd", "/%2e%2e/x"])
def test_every_answer_is_guarded_by_headers(door: App, path: str) -> None:
    """The strict CSP, no store, no sniffing, no cookie and no CORS, also on refusals."""
    _, headers, _ = request(door.port, "GET", path)
    wanted = {
        "content-security-policy": CSP,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    assert wanted == {name: headers.get(name) for name in wanted}
    assert not {"set-cookie", "access-control-allow-origin", "server"} & set(headers)


def test_a_socket_without_a_good_token_hears_nothing(app: App, loop: Loop) -> None:
    """A wrong token is told so by the close code and gets no word; none at all, or a foreign origin, no socket."""
    page = Page(loop, app.port, "wrong").connect()
    page.until(lambda: page.closed_with == 4401)
    assert [] == page.pushes
    _, token = trade(app.port, app.launch)
    for headers in ({"Sec-WebSocket-Protocol": "nulla"}, {"Origin": "http://evil.example"}, {"Origin": ""}):
        with pytest.raises(WSError):
            Page(loop, app.port, token).connect(headers=headers)


def test_guessing_is_slowed_down_and_hurts_nobody_else(app: App) -> None:
    """After ten wrong tokens further ones are told to wait; the right one still opens."""
    answers = [trade(app.port, f"guess {n}")[0] for n in range(12)]
    assert [403] * 9 + [429] * 3 == answers
    assert 200 == trade(app.port, app.launch)[0]


def test_uploads_need_the_token_and_an_open_profile(app: App) -> None:
    """Without the working token, or before there is an account, nothing is taken."""
    _, token = trade(app.port, app.launch)
    mine, path = origin(app.port), "/upload?name=a.txt"
    assert 403 == request(app.port, "POST", path, b"x", Origin=mine)[0]
    assert 403 == request(app.port, "POST", path, b"x", Origin=mine, X_Nulla_Token="wrong")[0]
    assert 403 == request(app.port, "POST", path, b"x", Origin=mine, X_Nulla_Token=token)[0]


def test_other_methods_and_large_bodies_are_refused(door: App) -> None:
    """Only what is served is served, and only so much of it is read."""
    mine = origin(door.port)
    assert 405 == request(door.port, "DELETE", "/", Origin=mine)[0]
    assert 405 == request(door.port, "GET", "/trade")[0]
    assert 413 == request(door.port, "POST", "/trade", b"x" * 5_000, Content_Type="application/json", Origin=mine)[0]


@pytest.mark.parametrize(
    "head",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
    ],
)
def test_odd_requests_are_refused_and_hung_up_on(door: App, head: bytes) -> None:
    """What is no sane request gets a refusal, and the connection ends."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(head)
            while part := connection.recv(65_536):
                answer += part
    assert answer == b"" or answer.split(b" ")[1][:1] == b"4"


@pytest.mark.slow
def test_a_request_that_never_ends_is_cut_off(door: App) -> None:
    """A head that dribbles is refused after its deadline."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408")


def test_calls_that_make_no_sense_are_refused_one_by_one(newcomer: Callable[..., Person]) -> None:
    """Unknown calls, wrong types and garbage are answered with a code, and the page goes on."""
    page = newcomer().page
    for id, ask in ((91, {"call": "NoSuchCall"}), (92, {"call": "Unlock", "passphrase": 7}), (93, "text")):
        page.send(json.dumps({"id": id, "ask": ask}).encode())
        assert "bad-call" == page.answer(id)["code"]
    for garbage in (b"\xff\x00 garbage", b'{"id": 94, "ask": ' + b"[" * 100_000):
        page.send(garbage)
        assert "bad-call" == page.answer(-1)["code"]
    assert "empty" == page.call(a.Start()).phase


@pytest.mark.slow
def test_a_place_that_is_none_is_refused(person: Callable[..., Person]) -> None:
    """As a call without a meaning: nothing went wrong inside."""
    mina, room = person("mina"), "00" * 16
    for place in ("zz", "-1", "f" * 17, "0x00000000000000", "8000_00000000000"):
        for call in (
            t.GetMessages(room, before=place),
            t.Search("words", before=place),
            t.GetMedia(room, "photo", place),
        ):
            with pytest.raises(Refusal) as refused:
                mina.call(call)
            assert "bad-call" == refused.value.code


def test_a_second_start_opens_another_page_of_the_first(newcomer: Callable[..., Person]) -> None:
    """`nulla app` on the same profile ends at once with a fresh launch of the running one."""
    person = newcomer()
    file, url = person.app.again()
    assert f":{person.app.port}/" in url
    assert 200 == trade(person.app.port, url.partition("#launch=")[2])[0]
    assert not file.exists()


def test_ctrl_c_says_goodbye(newcomer: Callable[..., Person]) -> None:
    """Pages are closed with 1001, no launch file stays, and the exit code is that of an interrupted command."""
    person = newcomer()
    folder = person.app.launch_file.parent
    assert (130, "") == person.app.stop()
    person.page.until(lambda: person.page.closed_with == 1001)
    assert [] == list(folder.glob("*.html"))


def test_nothing_is_answered_that_makes_no_sense_yet(newcomer: Callable[..., Person]) -> None:
    """Without a profile or account, calls about talking are refused by name of the reason."""
    person = newcomer()
    with pytest.raises(Refusal) as refused:
        person.call(a.GetPrivacy())
    assert "wrong-phase" == refused.value.code
