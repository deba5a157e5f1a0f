"""A page that stayed open comes back to the next process of its profile, and to no other program."""

from __future__ import annotations

import hmac
import json
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.app.server.returning import MOST_KEYS, Returns
from tests.app.person import App
from tests.app.wire import Loop, Page, origin, request, trade

KEY, OTHER, NONCE = "k" * 43, "o" * 43, "n" * 43


def expected(key: str, port: int) -> str:
    """The proof, as the page computes it."""
    text = f"nullabona return v1 {port} {NONCE}".encode()
    return hmac.new(sha256(key.encode()).digest(), text, sha256).hexdigest()


def post(app: App, path: str, body: dict[str, str], **headers: str) -> tuple[int, dict[str, object]]:
    """As a page does."""
    sent = {"Origin": origin(app.port), "Content-Type": "application/json"} | headers
    status, _, answer = request(app.port, "POST", path, json.dumps(body).encode(), **sent)
    return status, json.loads(answer) if status == 200 else {}


def test_only_who_was_given_a_key_proves_it(tmp_path: Path) -> None:
    """Under the port where it listens; the folder has digests, for their owner only."""
    returns = Returns(tmp_path)
    returns.serve_at(7_000)
    returns.keep(KEY)
    assert [expected(KEY, 7_000)] == returns.proofs(NONCE) == Returns(tmp_path).proofs(NONCE)
    (file,) = tmp_path.iterdir()
    assert (0o600, False) == (stat.S_IMODE(file.stat().st_mode), KEY in file.read_text("ascii"))


def test_a_key_opens_once_and_at_its_port_only(tmp_path: Path) -> None:
    """Another port is perhaps another program's by now."""
    returns = Returns(tmp_path)
    returns.serve_at(7_000)
    returns.keep(KEY)
    assert [False, True, False] == [returns.spend(OTHER), returns.spend(KEY), returns.spend(KEY)]
    returns.keep(KEY)
    later = Returns(tmp_path)
    later.serve_at(7_001)
    assert (False, []) == (later.spend(KEY), later.proofs(NONCE))


@pytest.mark.parametrize(("more", "kept"), [(MOST_KEYS - 1, True), (MOST_KEYS, False)])
def test_the_oldest_key_goes_first(tmp_path: Path, more: int, *, kept: bool) -> None:
    returns = Returns(tmp_path)
    returns.keep(KEY)
    for number in range(more):
        returns.keep(f"{number:043}")
    assert kept == returns.spend(KEY)


@pytest.mark.parametrize("text", ["", "{}", '{"port": 1, "keys": ["zz"]}', '{"port": "x", "keys": []}'])
def test_a_damaged_file_counts_as_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "pages.json").write_text(text, "ascii")
    assert (0, []) == (Returns(tmp_path).port, Returns(tmp_path).proofs(NONCE))


def test_after_a_power_cut_the_key_gets_a_page_in_again(tmp_path: Path, loop: Loop) -> None:
    """At the same port. The old token opens nothing any more, and a page without a key that was kept proves nothing."""
    app = App(tmp_path / "profile")
    try:
        _, token = trade(app.port, app.launch)
        assert 403 == post(app, "/keep", {"key": OTHER}, X_Nulla_Token="x" * 43)[0]
        assert 200 == post(app, "/keep", {"key": KEY}, X_Nulla_Token=token)[0]
    finally:
        app.kill()
    again = App(tmp_path / "profile")
    try:
        assert app.port == again.port
        assert (200, {"proofs": [expected(KEY, app.port)]}) == post(again, "/prove", {"nonce": NONCE})
        page = Page(loop, again.port, token).connect()
        page.until(lambda: page.closed_with == 4_401)
        assert 403 == trade(again.port, OTHER)[0]
        status, fresh = trade(again.port, KEY)
        assert 200 == status
        assert [200, 403] == [trade(again.port, KEY, fresh)[0], trade(again.port, KEY)[0]]
        Page(loop, again.port, fresh).connect()
    finally:
        again.stop()


def test_a_port_that_is_taken_is_no_reason_not_to_start(tmp_path: Path) -> None:
    """Somebody else has the one of the last time: the app takes another, and the keys are forgotten."""
    app = App(tmp_path / "profile")
    _, token = trade(app.port, app.launch)
    post(app, "/keep", {"key": KEY}, X_Nulla_Token=token)
    app.stop()
    squatter = App(tmp_path / "other", "--port", str(app.port))
    again = App(tmp_path / "profile")
    try:
        assert app.port != again.port
        assert {"proofs": []} == post(again, "/prove", {"nonce": NONCE})[1]
        assert 403 == trade(again.port, KEY)[0]
    finally:
        again.stop()
        squatter.stop()


def test_without_a_browser_no_page_is_opened(door: App) -> None:
    """``--no-browser``: the page says that the app has to be opened by hand."""
    assert 409 == post(door, "/again", {})[0]


@pytest.mark.parametrize("path", ["/keep", "/prove", "/trade"])
@pytest.mark.parametrize("body", ["", "[]", "{}", '{"key": "short"}', '{"nonce": 1}'])
def test_what_makes_no_sense_is_refused(door: App, path: str, body: str) -> None:
    headers = {"Origin": origin(door.port), "Content-Type": "application/json"}
    assert 400 == request(door.port, "POST", path, body.encode(), **headers)[0]
