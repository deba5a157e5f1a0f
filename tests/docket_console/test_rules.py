"""The console's pure rules: times, origins, waiting, challenges, and what is shown of what others wrote."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.docket.console.request.views import lane, rest, said
from nullabona.docket.console.rules.challenge import SIZE, challenge_is_fresh, make_challenge
from nullabona.docket.console.rules.origin import (
    Site,
    csrf_matches,
    csrf_token,
    from_here,
    from_the_machine,
    valid_site,
)
from nullabona.docket.console.rules.session import IDLE_S, RECOVERY_S, WHOLE_S, Recovery, Session, may_second
from nullabona.docket.console.rules.text import typed, visible
from nullabona.docket.console.rules.throttle import FREE, LONGEST_S, MOST, Throttle

SITE = Site("https://desk.example")


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-10, 10**6))
def test_a_session_lives_within_both_its_limits(began: int, idle: int, ahead: int) -> None:
    """Alive exactly from when it was last seen until the earlier of its two ends."""
    session = Session(bytes(32), "ina", began, began + idle)
    now = session.seen_s + ahead
    assert session.alive(now) == (0 <= ahead < IDLE_S and now < began + WHOLE_S)
    assert not session.alive(max(session.ends_s(), session.seen_s))


@given(st.integers(0, 10**9), st.integers(-RECOVERY_S, 3 * RECOVERY_S))
def test_recovery_needs_a_second_and_a_day(opened: int, ahead: int) -> None:
    """Without the second admin it is never ready."""
    alone, both = Recovery("ina", "ada", opened), Recovery("ina", "ada", opened, "ben", opened)
    assert (False, ahead >= RECOVERY_S) == (alone.ready(opened + ahead), both.ready(opened + ahead))
    assert [False, False, True] == [may_second(alone, name) for name in ("ada", "ina", "ben")]
    assert not may_second(both, "cid")


@pytest.mark.parametrize(
    ("origin", "valid"),
    [
        ("https://desk.example", True), ("https://desk.example:8443", True), ("http://localhost:8450", True),
        ("http://localhost", True), ("http://desk.example", False), ("http://127.0.0.1:8450", False),
        ("https://desk.example/", False), ("https://user@desk.example", False), ("https://desk.example:99999", False),
        ("https://", False), ("desk.example", False), ("https://desk.example?x", False),
        ("https://DESK.example", False),
    ],
)  # fmt: skip
def test_passkeys_work_at_some_addresses(origin: str, *, valid: bool) -> None:
    """A secure context, written as browsers write origins."""
    assert valid == valid_site(origin)


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
    st.sampled_from([None, "https://desk.example", "https://evil.example", "null", ""]),
    st.sampled_from([None, "same-origin", "same-site", "cross-site", "none"]),
    st.sampled_from([None, "navigate", "cors", "no-cors", "websocket"]),
    st.sampled_from(["desk.example", "evil.example", "desk.example:443"]),
)
def test_only_the_sites_own_pages_change_anything(
    method: str, origin: str | None, site: str | None, mode: str | None, host: str
) -> None:
    """What changes something says its origin and nothing else; what looks may come from a link, and from nowhere."""
    pairs = {"origin": origin, "sec-fetch-site": site, "sec-fetch-mode": mode, "host": host}
    headers = {name: value for name, value in pairs.items() if value is not None}
    allowed = from_here(SITE, method, headers)
    if host != "desk.example":
        assert not allowed
    elif method not in {"GET", "HEAD"}:
        assert allowed == (origin == SITE.origin and site in {None, "same-origin"})
    else:
        foreign = site in {"same-site", "cross-site"} and mode != "navigate"
        assert allowed == (origin in {None, SITE.origin} and not foreign)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_form_token_fits_its_session_only(session: str, other: str) -> None:
    """And does not hold the session's own."""
    token = csrf_token(session) if session.isprintable() else csrf_token("x")
    assert session == "" or session not in token or len(session) < 8
    assert csrf_matches("x", csrf_token("x"))
    assert not csrf_matches("x", other)


@given(st.lists(st.sampled_from(["a", "b"]), max_size=30))
def test_waiting_is_for_whoever_was_wrong(tries: list[str]) -> None:
    """Five wrong tries are free; the wait doubles up to a minute and is each one's own; a right try ends it."""
    throttle = Throttle()
    for one in tries:
        throttle.wrong(one, 1_000)
    for one in ("a", "b"):
        count = tries.count(one)
        wanted = 0 if count < FREE else min(LONGEST_S, 2 ** (count - FREE))
        assert wanted == throttle.wait_s(one, 1_000)
        assert 0 == throttle.wait_s(one, 1_000 + LONGEST_S)
        throttle.right(one)
        assert 0 == throttle.wait_s(one, 1_000)


def test_counts_are_bounded() -> None:
    """However many keys are tried, the least recent is forgotten."""
    throttle = Throttle()
    for number in range(MOST + 5):
        for _ in range(FREE):
            throttle.wrong(number, 0)
    assert (0, 1) == (throttle.wait_s(0, 0), throttle.wait_s(MOST + 4, 0))


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**40), st.integers(-200, 200), st.integers(0, SIZE - 1))
def test_a_challenge_is_ours_fresh_and_for_its_purpose(nonce: bytes, made: int, ahead: int, at: int) -> None:
    """Two minutes long, and not with a bit changed, another key or another purpose."""
    challenge = make_challenge(b"k", nonce, made, "sign-in")
    assert challenge_is_fresh(b"k", challenge, made + ahead, "sign-in") == (0 <= ahead <= 120)
    changed = challenge[:at] + bytes([challenge[at] ^ 1]) + challenge[at + 1 :]
    assert not challenge_is_fresh(b"k", changed, made, "sign-in")
    assert not challenge_is_fresh(b"l", challenge, made, "sign-in")
    assert not challenge_is_fresh(b"k", challenge, made, "enrol ina")
    assert not challenge_is_fresh(b"k", challenge[:-1], made, "sign-in")


@given(st.text())
def test_nothing_invisible_is_shown_as_nothing(text: str) -> None:
    """Direction marks, controls and lone surrogates come out as their codes; at most four marks pile up."""
    shown = visible(text)
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert all(c == "\n" or c in "\u200c\u200d" or unicodedata.category(c) not in hidden for c in shown)
    assert "<" not in str(said(text)).removeprefix("<bdi>").removesuffix("</bdi>")


def test_a_line_that_is_turned_around_shows_how() -> None:
    """What would read as another file's name does not."""
    assert "invoice⟨U+202E⟩fdp.exe" == visible("invoice\u202efdp.exe")


@given(st.text(max_size=300), st.integers(1, 50))
def test_what_is_typed_is_composed_and_cut(text: str, longest: int) -> None:
    """NFC, no control characters, no longer than the field."""
    got = typed(text, longest)
    assert len(got) <= longest
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\n" for c in got)


@pytest.mark.parametrize(
    ("seconds", "shown", "how"),
    [(-90_000, "−1d 1h", "late"), (0, "0min 0s", "late"), (59, "0min 59s", "soon"), (28_800, "8h 0min", "soon"),
     (28_801, "8h 0min", ""), (90_000, "1d 1h", "")],
)  # fmt: skip
def test_what_is_left_of_a_deadline(seconds: int, shown: str, how: str) -> None:
    """In two units, and how loudly it calls."""
    assert (shown, how) == (rest(1_000_000 + seconds, 1_000_000, "en"), lane(1_000_000 + seconds, 1_000_000))


@pytest.mark.parametrize(
    ("method", "path", "headers", "answered"),
    [
        ("GET", "/healthz", {"host": "127.0.0.1:8450"}, True),
        ("GET", "/healthz", {"host": "localhost"}, True),
        ("GET", "/healthz", {"host": "[::1]:8450"}, True),
        ("GET", "/healthz", {"host": "evil.example:8450"}, False),
        ("GET", "/healthz", {"host": "127.0.0.1.evil.example"}, False),
        ("GET", "/healthz", {"host": "["}, False),
        ("GET", "/healthz", {}, False),
        ("GET", "/healthz", {"host": "127.0.0.1", "origin": "http://127.0.0.1"}, False),
        ("GET", "/healthz", {"host": "localhost", "sec-fetch-site": "cross-site"}, False),
        ("POST", "/healthz", {"host": "127.0.0.1"}, False),
        ("GET", "/", {"host": "127.0.0.1"}, False),
        ("GET", "/healthz/", {"host": "127.0.0.1"}, False),
    ],
)
def test_the_machine_asks_how_it_is_and_nothing_else(
    method: str, path: str, headers: dict[str, str], *, answered: bool
) -> None:
    """By an address, not by a name that a browser could have been told to find here; and no page asks."""
    assert answered == from_the_machine(method, path, headers)
