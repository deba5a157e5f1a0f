"""Nothing is done without a signature over exactly that, by the right person, now, once."""

from __future__ import annotations

import html
import json
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from tests.docket_console.authenticator import SoftKey, decode, encode
from tests.docket_console.forms import PRODUCE, take_in, warrant
from tests.docket_console.place import Caller, Got, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""

Team = dict[str, Caller]


@pytest.fixture(scope="module")
def team(place: Place) -> Team:
    """Officers who work on cases."""
    return {name: place.officer(name) for name in ("ina", "ivo", "rea", "cora", "rolf")}


def code(got: Got) -> tuple[int, str]:
    return got.status, got.json()["code"]


def test_a_demand_goes_through_the_hands_of_four(place: Place, team: Team) -> None:
    """Taken in, matched, reviewed, decided, released: by forms and signatures, and the state is what the pages say."""
    case = take_in(team["ina"])
    assert case == team["ina"].does(f"{case}/match")
    assert case == team["rea"].does(f"{case}/review", {"note": "as the original"})
    assert case == team["cora"].does(f"{case}/decide", PRODUCE)
    assert case == team["rolf"].does(f"{case}/produce")
    assert "produced" == place.tell("state", case=case[6:])
    page = team["rolf"].get(case).text
    assert all(f"<b>{name}</b>" in page for name in ("ina", "rea", "cora", "rolf"))


def test_the_challenge_is_the_hash_of_what_is_shown(place: Place, team: Team) -> None:
    """What the page shows as signed hashes to what the authenticator is asked to sign."""
    case = place.tell("take_in")
    page = team["ina"].post(f"/case/{case}/match")
    shown = page.text.partition('<pre class="signed"')[2].partition(">")[2].partition("</pre>")[0]
    act = json.JSONDecoder().raw_decode(html.unescape(shown))[0]
    encoded = json.dumps(act, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    challenge = decode(page.asked["options"]["challenge"])
    assert (sha256(encoded).digest(), "match", case) == (challenge, act["action"], act["case"])
    assert challenge.hex() in page.text


def test_a_signature_counts_once(place: Place, team: Team) -> None:
    """The same assertion again does nothing."""
    case = place.tell("take_in")
    page = team["ina"].post(f"/case/{case}/match")
    answer = {"credential": team["ina"].keys[0].get(page.asked)["credential"]}
    assert [200, 403] == [team["ina"].send("/sign", answer).status for _ in range(2)]


def test_a_signature_for_one_case_moves_no_other(place: Place, team: Team) -> None:
    """Asked about another case since, the officer's first signature is not taken for the second."""
    one, other = place.tell("take_in"), place.tell("take_in")
    first = team["ina"].post(f"/case/{one}/match")
    second = team["ina"].post(f"/case/{other}/match")
    assert (403, "signature-spent") == code(team["ina"].sign(first))
    challenge = first.asked["options"]["challenge"]
    assert (403, "signature-spent") == code(team["ina"].sign(second, challenge=challenge))
    assert ["received", "received"] == [place.tell("state", case=case) for case in (one, other)]


def test_a_made_up_challenge_signs_nothing(place: Place, team: Team) -> None:
    """Neither one of the officer's own making nor one for signing in."""
    case = place.tell("take_in")
    page = team["ina"].post(f"/case/{case}/match")
    for challenge in (encode(bytes(32)), team["ina"].send("/sign-in/options", {}).json()["options"]["challenge"]):
        assert (403, "signature-spent") == code(team["ina"].sign(page, challenge=challenge))
    assert "received" == place.tell("state", case=case)


def test_a_signature_does_not_sign_anybody_in(place: Place, team: Team) -> None:
    """An assertion over an action is no answer to the sign-in page."""
    page = team["ina"].post(f"/case/{place.tell('take_in')}/match")
    answer = team["ina"].keys[0].get(page.asked)
    assert 403 == place.stranger().send("/sign-in", answer).status


def test_another_officers_key_does_not_sign(place: Place, team: Team) -> None:
    """In ina's session, with ivo's authenticator: the desk knows whose key it is."""
    case = place.tell("take_in")
    page = team["ina"].post(f"/case/{case}/match")
    answer = {"credential": team["ivo"].keys[0].get(page.asked)["credential"]}
    assert (403, "docket-assertion-invalid") == code(team["ina"].send("/sign", answer))
    assert "received" == place.tell("state", case=case)


def test_the_person_is_verified_each_time(place: Place, team: Team) -> None:
    """A touch without PIN or finger signs nothing."""
    case = place.tell("take_in")
    key = team["ina"].keys[1]
    page = team["ina"].post(f"/case/{case}/match")
    honest, key.flags = key.flags, 1
    assert (403, "passkey-refused") == code(team["ina"].sign(page, 1))
    key.flags = honest
    assert "received" == place.tell("state", case=case)


def test_a_count_that_goes_back_signs_nothing(place: Place, team: Team) -> None:
    """There may be a copy of the key: the officer is told, nothing is done."""
    case = place.tell("take_in")
    key = team["ina"].keys[1]
    assert 200 == team["ina"].sign(team["ina"].post(f"/case/{place.tell('take_in')}/match"), 1).status
    page = team["ina"].post(f"/case/{case}/match")
    key.count -= 1
    assert (403, "passkey-copied") == code(team["ina"].sign(page, 1))
    assert "received" == place.tell("state", case=case)


def test_what_went_wrong_has_to_be_asked_anew(place: Place, team: Team) -> None:
    """A failed signature uses up the asking: nobody tries twice on one page."""
    case = place.tell("take_in")
    page = team["ina"].post(f"/case/{case}/match")
    assert 403 == team["ina"].sign(page, origin="https://evil.example").status
    assert (403, "signature-spent") == code(team["ina"].sign(page))


def test_a_case_that_changed_is_not_signed_for(place: Place, team: Team) -> None:
    """A release that was asked for before an amendment is stale."""
    case = take_in(team["ina"])
    team["ina"].does(f"{case}/match")
    review = team["rea"].post(f"{case}/review")
    amended = [*warrant("", ref="2026-78"), ("why", "a digit was wrong")]
    assert case == team["cora"].does(f"{case}/amend", amended)
    assert (409, "docket-wrong-state") == code(team["rea"].sign(review))


def test_the_same_officer_does_not_act_twice(place: Place, team: Team) -> None:
    """Ivo may take in and may review, but not both on one case; the page says so before he tries."""
    case = take_in(team["ivo"])
    team["ina"].does(f"{case}/match")
    page = team["ivo"].get(case).text
    assert ("another person must do this one" in page, f'action="{case}/review"' in page) == (True, False)
    assert 409 == team["ivo"].post(f"{case}/review").status
    assert "matched" == place.tell("state", case=case[6:])


def test_who_stepped_back_sees_the_case_no_more(place: Place, team: Team) -> None:
    """Neither page nor original nor package, and no action."""
    case = take_in(team["ina"])
    assert "/" == team["rea"].does(f"{case}/recuse", {"why": "a friend is named"})
    assert [409, 409] == [team["rea"].get(path).status for path in (case, f"{case}/document")]
    assert 409 == team["rea"].post(f"{case}/review").status
    assert "2026-77" not in team["rea"].get(case).text


def test_a_signature_must_come_in_time(own_place: Place) -> None:
    """Five minutes after the page was made it is too late."""
    ina, case = own_place.officer("ina"), own_place.tell("take_in")
    early = ina.post(f"/case/{case}/match")
    own_place.tell("clock_by", seconds=299)
    assert 200 == ina.sign(early).status
    case = own_place.tell("take_in")
    late = ina.post(f"/case/{case}/match")
    own_place.tell("clock_by", seconds=300)
    assert (403, "signature-spent") == code(ina.sign(late))
    assert "received" == own_place.tell("state", case=case)


def test_an_authenticator_is_added_with_a_signature_and_admitted_by_two(own_place: Place) -> None:
    """Signed by one that works; it does nothing until two officers have admitted it; setting aside leaves two."""
    ina = own_place.officer("ina")
    asked = ina.send("/authenticators/options", {"label": "spare"}).json()
    spare = SoftKey(own_place.origin, 4242)
    signed = ina.keys[0].get(asked["sign"])["credential"]
    added = ina.send("/authenticators", {"signed": signed, **spare.create(asked["create"])})
    assert (200, "/authenticators") == (added.status, added.json()["go"])
    ina.keys.append(spare)
    assert 403 == ina.sign_in(2).status
    assert 409 == ina.post(f"/authenticators/{encode(ina.keys[0].id)}/aside").status
    assert 1 == own_place.tell("admit", officer="ina")
    assert 200 == ina.sign_in(2).status
    assert "/authenticators" == ina.does(f"/authenticators/{encode(ina.keys[0].id)}/aside")
    assert [403, 200] == [ina.sign_in(0).status, ina.sign_in(1).status]


def spare_of(caller: Caller, seed: int) -> SoftKey:
    """Another authenticator, added and not admitted."""
    asked = caller.send("/authenticators/options", {"label": f"spare {seed}"}).json()
    spare = SoftKey(caller.place.origin, seed)
    signed = caller.keys[0].get(asked["sign"])["credential"]
    assert 200 == caller.send("/authenticators", {"signed": signed, **spare.create(asked["create"])}).status
    return spare


def test_an_authenticator_waits_a_day_for_its_second_signature(own_place: Place) -> None:
    """The page says until when; another admin confirms it the day after, and then it signs in."""
    own_place.tell("take_in")
    ina, ada, ben = (own_place.officer(name) for name in ("ina", "ada", "ben"))
    spare = spare_of(ina, 4244)
    ada.does(f"/officers/ina/keys/{encode(spare.id)}")
    page = ben.get("/confirm").text
    assert ("can be confirmed from" in page, "Look and confirm" in page) == (True, False)
    waiting = page.partition("/confirm/")[2].partition("/object")[0]
    assert 409 == ben.post(f"/confirm/{waiting}").status
    own_place.tell("clock_by", seconds=24 * 3600)
    ben.sign_in()
    ben.does(f"/confirm/{waiting}")
    ina.keys.append(spare)
    assert 200 == ina.sign_in(2).status


def test_an_officer_objects_to_a_key_in_their_name(own_place: Place) -> None:
    """Their page shows it and who signed; after their objection nobody can confirm it."""
    own_place.tell("take_in")
    ina, ada, ben = (own_place.officer(name) for name in ("ina", "ada", "ben"))
    spare = spare_of(ina, 4245)
    ada.does(f"/officers/ina/keys/{encode(spare.id)}")
    page = ina.get("/authenticators").text
    assert "A key for you is on its way" in page
    waiting = page.partition("/confirm/")[2].partition("/object")[0]
    assert 409 == ina.post(f"/confirm/{waiting}/object").status
    assert "/authenticators" == ina.does(f"/confirm/{waiting}/object", {"why": "not mine"})
    own_place.tell("clock_by", seconds=24 * 3600)
    ben.sign_in()
    assert 409 == ben.post(f"/confirm/{waiting}").status


def test_adding_needs_the_signature_that_was_asked_for(own_place: Place) -> None:
    """A signature over something else adds nothing; nor does none."""
    ina, case = own_place.officer("ina"), own_place.tell("take_in")
    spare = SoftKey(own_place.origin, 4243)
    asked = ina.send("/authenticators/options", {"label": "spare"}).json()
    assert 403 == ina.send("/authenticators", {**spare.create(asked["create"])}).status
    match = ina.post(f"/case/{case}/match")
    signed = ina.keys[0].get(match.asked)["credential"]
    assert 403 == ina.send("/authenticators", {"signed": signed, **spare.create(asked["create"])}).status
    assert "spare" not in ina.get("/authenticators").text


def test_recovery_takes_two_admins_and_a_day(own_place: Place) -> None:
    """One admin is not enough, the same one twice is not two, and a day passes before a token can be made."""
    ada, ben = own_place.officer("ada"), own_place.officer("ben")
    own_place.officer("ina")
    assert 409 == ada.post("/officers/ada/recover").status
    assert "/officers" == ada.does("/officers/ina/recover")
    assert 409 == ada.post("/officers/ina/recover/second").status
    assert own_place.tell("recovery_ready", officer="ina") is False
    assert "/officers" == ben.does("/officers/ina/recover/second")
    assert own_place.tell("recovery_ready", officer="ina") is False
    own_place.tell("clock_by", seconds=24 * 3600 - 1)
    assert own_place.tell("recovery_ready", officer="ina") is False
    own_place.tell("clock_by", seconds=1)
    assert own_place.tell("recovery_ready", officer="ina") is True


def test_anybody_of_the_staff_may_object_to_a_recovery(own_place: Place) -> None:
    """An objection ends it."""
    ada, cora = own_place.officer("ada"), own_place.officer("cora")
    own_place.officer("ina")
    ada.does("/officers/ina/recover")
    assert "/officers" == cora.does("/officers/ina/recover/object")
    assert own_place.tell("recovery_ready", officer="ina") is None


def applying(place: Place, name: str) -> Caller:
    """Somebody whom the desk does not know, with two authenticators; nobody has admitted them."""
    caller = Caller(place, name)
    assert 200 == caller.enrol(place.tell("invite", officer=name, known=False)["token"]).status
    return caller


def test_who_was_admitted_is_not_turned_away(own_place: Place) -> None:
    """Two officers admit an applicant while a third is about to turn them away: what they applied with stays theirs."""
    tess = applying(own_place, "tess")
    ada, ben, cora = (own_place.officer(name) for name in ("ada", "ben", "cora"))
    page = ada.post("/officers/tess/turn-away")
    ben.does("/officers/tess/enrol")
    cora.does(f"/confirm/{cora.get('/confirm').text.partition('/confirm/')[2][:64]}")
    assert (409, 409) == (ada.sign(page).status, ada.post("/officers/tess/turn-away").status)
    assert 200 == tess.sign_in().status


def test_who_was_not_admitted_is_turned_away(own_place: Place) -> None:
    """With one signature; nobody admits them afterwards by what they left."""
    applying(own_place, "tess")
    ada = own_place.officer("ada")
    assert "/officers" == ada.does("/officers/tess/turn-away")
    assert (409, False) == (ada.post("/officers/tess/enrol").status, "tess" in ada.get("/officers").text)


def test_a_role_that_was_taken_meanwhile_signs_for_nothing(own_place: Place) -> None:
    """Who was an admin when the page was asked for and is none any more vouches for nobody."""
    ada, _ = own_place.officer("ada"), own_place.officer("ina")
    page = ada.post("/officers/ina/recover")
    own_place.tell("take", officer="ada", role="admin")
    assert (409, "docket-not-allowed") == code(ada.sign(page))
    assert own_place.tell("recovery_ready", officer="ina") is None


def test_a_case_that_was_altered_holds_up_no_other(own_place: Place) -> None:
    """The list is there, the case itself says what is wrong, and the other one goes on."""
    ina = own_place.officer("ina")
    bad, good = own_place.tell("take_in"), own_place.tell("take_in")
    with closing(sqlite3.connect(own_place.folder / "desk" / "desk.db")) as raw, raw:
        raw.execute("UPDATE cases SET serial = serial + 1 WHERE id = ?", (bytes.fromhex(bad),))
    page, told = ina.get("/"), ina.get(f"/case/{bad}")
    assert (200, True) == (page.status, f"/case/{good}" in page.text)
    assert (409, True) == (told.status, "docket-case-altered" in told.text)
    assert f"/case/{good}" == ina.does(f"/case/{good}/match")
