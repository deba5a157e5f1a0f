"""Signing in: only the right key, with the person verified, once, for an officer whom two others have admitted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docket_console.authenticator import BE, UP, UV, SoftKey, encode
from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""


def code(got: Any) -> tuple[int, str]:  # noqa: ANN401
    return got.status, got.json()["code"]


@pytest.fixture(scope="module")
def enrolled(place: Place) -> Caller:
    """An officer with two authenticators."""
    return place.officer("ina")


@pytest.fixture
def ina(enrolled: Caller) -> Caller:
    """The officer, signed in with honest keys."""
    enrolled.keys[0].flags = UP | UV
    assert enrolled.sign_in().status == 200
    return enrolled


def test_an_officer_signs_in(place: Place, ina: Caller) -> None:
    """The cookie is bound to the host, out of scripts' reach and never sent from another site."""
    case = place.tell("take_in")
    got = ina.sign_in()
    assert ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=28800"] == got.cookies[0].split("; ")[1:]
    assert got.cookies[0].startswith("__Host-desk=")
    assert [200, 200] == [ina.get("/").status, ina.get(f"/case/{case}").status]


def test_the_options_are_the_same_for_everybody(place: Place) -> None:
    """Nobody learns who works here: nothing is asked for but any passkey of this site, with the person verified."""
    options = place.stranger().send("/sign-in/options", {}).json()["options"]
    assert {"allowCredentials", "challenge", "rpId", "timeout", "userVerification"} == set(options)
    assert ([], "required", "localhost") == (options["allowCredentials"], options["userVerification"], options["rpId"])


def test_an_answer_is_good_once(place: Place) -> None:
    """The same assertion again is refused, even with a count that a clumsy key might repeat."""
    ina = place.officer("ivo")
    asked = ina.send("/sign-in/options", {}).json()
    answer = ina.keys[0].get(asked)
    assert 200 == ina.send("/sign-in", answer).status
    assert (403, "passkey-copied") == code(ina.send("/sign-in", answer))
    ina.keys[0].count = 2**32 - 3
    again = ina.keys[0].get(asked)
    assert (403, "signature-spent") == code(ina.send("/sign-in", again))


def test_a_count_that_goes_back_is_a_copy(ina: Caller) -> None:
    """An authenticator that has counted less than before signs nobody in."""
    ina.keys[0].count -= 1
    assert (403, "passkey-copied") == code(ina.sign_in())
    assert 200 == ina.sign_in().status


@pytest.mark.parametrize(
    "client",
    [
        {"origin": "https://desk.example.evil"},
        {"origin": "http://localhost:1"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"topOrigin": "https://evil.example"},
        {"challenge": encode(bytes(40))},
    ],
    ids=str,
)
def test_what_was_signed_elsewhere_is_refused(ina: Caller, client: dict[str, Any]) -> None:
    """Another origin, another ceremony, a frame, a challenge of one's own."""
    assert 403 == ina.sign_in(**client).status


@pytest.mark.parametrize("flags", [UP, UV, 0])
def test_the_person_must_be_there_and_verified(ina: Caller, flags: int) -> None:
    """A key that anybody may touch, or that nobody touched, signs nobody in."""
    ina.keys[0].flags = flags
    assert (403, "passkey-refused") == code(ina.sign_in())


def test_another_keys_signature_is_refused(ina: Caller) -> None:
    """A known name with a signature by another key."""
    forged = SoftKey(ina.place.origin, 99, id=b"")
    forged.id = ina.keys[0].id
    asked = ina.send("/sign-in/options", {}).json()
    assert (403, "passkey-refused") == code(ina.send("/sign-in", forged.get(asked)))


def test_the_secret_must_open_the_identity(ina: Caller) -> None:
    """A right signature with a wrong secret opens no session that could not read anything anyway."""
    answer = ina.keys[0].get(ina.send("/sign-in/options", {}).json())
    assert (409, "passkey-unsuitable") == code(ina.send("/sign-in", {**answer, "secret": encode(bytes(32))}))
    answer = ina.keys[0].get(ina.send("/sign-in/options", {}).json())
    assert (403, "passkey-refused") == code(ina.send("/sign-in", {**answer, "secret": None}))


@pytest.mark.parametrize(
    "said", [{}, [], "x", 5, None, {"credential": {}}, {"credential": {"rawId": 5, "response": None}}], ids=repr
)
def test_what_is_no_assertion_is_refused(place: Place, said: Any) -> None:  # noqa: ANN401
    """Whatever JSON comes, it is refused and nothing goes wrong inside."""
    assert place.stranger().send("/sign-in", said).status == 403


def test_an_answer_must_come_in_time(own_place: Place) -> None:
    """120 seconds are enough, 121 are not."""
    ina = own_place.officer("ina")
    early, late = ina.send("/sign-in/options", {}).json(), ina.send("/sign-in/options", {}).json()
    own_place.tell("clock_by", seconds=120)
    assert 200 == ina.send("/sign-in", ina.keys[0].get(early)).status
    own_place.tell("clock_by", seconds=1)
    assert (403, "signature-spent") == code(ina.send("/sign-in", ina.keys[0].get(late)))


def test_nobody_signs_in_before_two_have_admitted_the_key(place: Place) -> None:
    """A token lets apply; it lets nobody in."""
    rea = Caller(place, "rea-too-early")
    invited = place.tell("invite", officer="rea")
    rea.enrol(invited["token"], invited["identity"])
    assert (403, "passkey-refused") == code(rea.sign_in())


def test_wrong_tries_slow_down_only_whoever_made_them(own_place: Place) -> None:
    """After five wrong tries a passkey has to wait; another officer, and the same officer's other key, do not."""
    ina, rea = own_place.officer("ina"), own_place.officer("rea")
    flags, ina.keys[0].flags = ina.keys[0].flags, 0
    assert [403] * 5 + [429] == [ina.sign_in().status for _ in range(6)]
    assert [200, 200] == [rea.sign_in().status, ina.sign_in(1).status]
    ina.keys[0].flags = flags
    assert 429 == ina.sign_in().status
    own_place.tell("clock_by", seconds=1)
    assert 200 == ina.sign_in().status


def test_strangers_share_a_count_of_their_own(own_place: Place) -> None:
    """Keys that nobody knows are slowed down together, and no officer with them."""
    ina, stranger = own_place.officer("ina"), own_place.stranger()
    stranger.keys = [SoftKey(own_place.origin, number) for number in range(8)]
    assert [403] * 5 + [429] * 3 == [stranger.sign_in(number).status for number in range(8)]
    assert 200 == ina.sign_in().status


# -- applying ---------------------------------------------------------------------------------------------------------


def test_a_token_is_good_once(place: Place) -> None:
    """The second use is refused as a wrong token is."""
    pia, other = Caller(place, "pia-once"), Caller(place, "pia-twice")
    invited = place.tell("invite", officer="pia")
    assert 200 == pia.enrol(invited["token"], invited["identity"]).status
    assert (409, "enrolment-refused") == code(other.send("/enrol/look", {"token": invited["token"]}))


def test_one_authenticator_is_not_enough(place: Place) -> None:
    """Whoever loses it would be locked out."""
    kim = Caller(place, "kim-one")
    invited = place.tell("invite", officer="kim")
    assert (409, "too-few-passkeys") == code(kim.enrol(invited["token"], invited["identity"], keys=1))


def test_an_authenticator_counts_once(place: Place) -> None:
    """The same key under two names is one key."""
    kim = Caller(place, "kim-same")
    token = place.tell("invite", officer="kim")["token"]
    key = SoftKey(place.origin, 5)
    answers = []
    for label in ("one", "two"):
        asked = kim.send("/enrol/options", {"token": token}).json()
        answers.append(kim.send("/enrol/passkey", {"token": token, "label": label, **key.create(asked)}).status)
    assert [200, 409] == answers


def test_a_key_that_is_copied_by_a_service_is_refused(place: Place) -> None:
    """A passkey that leaves its device would be in the hands of whoever copies it."""
    token = place.tell("invite", officer="kim")["token"]
    caller, key = place.stranger(), SoftKey(place.origin, 6, flags=UP | UV | BE)
    asked = caller.send("/enrol/options", {"token": token}).json()
    got = caller.send("/enrol/passkey", {"token": token, "label": "phone", **key.create(asked)})
    assert (409, "passkey-unsuitable") == code(got)


def test_the_identity_must_be_the_officers_own(place: Place) -> None:
    """Whoever the desk knows brings the identity that cases are sealed to, and no other."""
    nora = Caller(place, "nora-wrong")
    invited, other = place.tell("invite", officer="nora"), place.tell("invite", officer="pia")
    assert (409, "enrolment-refused") == code(nora.enrol(invited["token"], other["identity"]))
    assert 409 == nora.send("/enrol/finish", {"token": invited["token"], "identity": "nonsense"}).status


def test_a_token_ends(own_place: Place) -> None:
    """A token that nobody used in time is as good as none."""
    token = own_place.tell("invite", officer="ina")["token"]
    caller = own_place.stranger()
    own_place.tell("clock_by", seconds=3599)
    assert 200 == caller.send("/enrol/look", {"token": token}).status
    own_place.tell("clock_by", seconds=1)
    assert (409, "enrolment-refused") == code(caller.send("/enrol/look", {"token": token}))


def test_tokens_are_not_guessed(own_place: Place) -> None:
    """Wrong tokens have to wait; whoever has a right one does not."""
    caller, token = own_place.stranger(), own_place.tell("invite", officer="ina")["token"]
    assert [409] * 5 + [429] == [caller.send("/enrol/look", {"token": f"guess {n}"}).status for n in range(6)]
    assert 200 == caller.send("/enrol/look", {"token": token}).status


def test_a_new_colleague_is_admitted_by_two(own_place: Place) -> None:
    """An applicant gets a new identity, and becomes an officer when an admin and counsel have signed."""
    ada, cora, tess = own_place.officer("ada"), own_place.officer("cora"), Caller(own_place, "tess")
    invited = own_place.tell("invite", officer="tess", known=False)
    assert tess.enrol(invited["token"]).json()["identity"].startswith("AGE-SECRET-KEY-1")
    assert (403, "passkey-refused") == code(tess.sign_in())
    assert "/officers" == ada.does("/officers/tess/enrol")
    assert (403, "passkey-refused") == code(tess.sign_in())
    waiting = cora.get("/confirm").text.partition('action="/confirm/')[2].partition('"')[0]
    assert 409 == ada.post(f"/confirm/{waiting}").status
    assert "/confirm" == cora.does(f"/confirm/{waiting}")
    assert 200 == tess.sign_in().status
    assert "tess" in own_place.tell("officers")
