"""Claims: what an account says of itself waits for the record, and what the person answered waits, too (map.md §9)."""

from __future__ import annotations

import pytest

from nullabona.client.core.directory.errors import CardRefuted
from nullabona.client.core.identity import claims
from nullabona.client.core.identity.claims import NEVER, Accept, Claim, Enter, LetIn, Refuse, Standing
from tests.core.stage import START, Other, Randomness, Stage

JUN, FAR, FURTHER = Other("jun"), Other("far", host="far.example"), Other("further", host="further.example")
ROOM, TOKEN = b"\x05" * 32, b"\x06" * 16
LET_IN, REFUSED = LetIn(ROOM, TOKEN), Refuse(ROOM, TOKEN, "used")
MINUTE = 60_000


def number(count: int, host: str = "relay.example") -> Other:
    """One of many who write to us."""
    return Other(f"p{count}", host=host)


def came(stage: Stage, *others: Other) -> None:
    """Each of them said who it is."""
    with stage.step() as step:
        for other in others:
            claims.came(step, other.account, other.handle, b"card")


def waiting(stage: Stage) -> list[tuple[str, int]]:
    """Whose claims are open, and in how many ms the record is to be asked; -1: when the person answers."""
    with stage.step() as step:
        return [(each.handle, each.next_at - START if each.next_at < NEVER else -1) for each in claims.claims(step)]


def standing(stage: Stage, other: Other) -> str:
    with stage.step() as step:
        return claims.standing(step, other.account)


# -- what is known ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", ["pending", "promised", "proven", "refuted"])
def test_what_the_record_said_is_remembered_of_this_account_alone(found: Standing) -> None:
    """Of any other nothing is known."""
    stage = Stage()
    with stage.step() as step:
        claims.note(step, JUN.account, found)
    assert (found, "") == (standing(stage, JUN), standing(stage, FAR))


@pytest.mark.parametrize(
    ("found", "yes", "warned"),
    [
        ("refuted", True, True),
        ("refuted", False, False),
        ("proven", True, False),
        ("pending", True, False),
        (None, True, False),
    ],
)
def test_of_a_refuted_account_is_warned_that_the_person_has_answered(
    found: Standing | None,
    yes: bool,  # noqa: FBT001
    warned: bool,  # noqa: FBT001
) -> None:
    """Neither of one that nobody answered, nor of one that the record does not refute."""
    stage = Stage()
    with stage.step() as step:
        if found is not None:
            claims.note(step, JUN.account, found)
        if yes:
            claims.said_yes(step, JUN.account)
        claims.said_yes(step, FAR.account)
        assert warned is claims.warns(step, JUN.account)


def test_a_card_that_was_looked_up_settles_no_open_claim() -> None:
    """What is seen of an account counts unless it has claimed something that the record has not answered."""
    stage = Stage()
    came(stage, JUN, number(1))
    with stage.step() as step:
        claims.seen(step, JUN.account, "proven")
        claims.seen(step, FAR.account, "proven")
    assert ("pending", "proven") == (standing(stage, JUN), standing(stage, FAR))


def test_of_a_forgotten_account_nothing_is_left() -> None:
    """Not what the record said, not that the person answered, not the claim; of others everything."""
    stage = Stage()
    came(stage, JUN, number(1))
    with stage.step() as step:
        claims.said_yes(step, JUN.account)
        claims.forget(step, JUN.account)
        claims.note(step, JUN.account, "refuted")
        assert not claims.warns(step, JUN.account)
    assert [(number(1).handle, 10 * MINUTE)] == waiting(stage)
    with stage.step() as step:
        claims.forget(step, JUN.account)
    assert ("", "pending") == (standing(stage, JUN), standing(stage, number(1)))


def test_a_dropped_claim_is_asked_for_no_more_but_what_was_said_of_it_stays() -> None:
    """Only this one's; and when none is left, none is stored."""
    stage = Stage()
    came(stage, JUN, number(1))
    with stage.step() as step:
        claims.drop(step, JUN.account)
    assert [(number(1).handle, 10 * MINUTE)] == waiting(stage)
    assert "pending" == standing(stage, JUN)
    with stage.step() as step:
        claims.drop(step, number(1).account)
        assert ([], None) == (claims.claims(step), step.store.get_value("claims"))


def test_an_open_claim_is_answered_when_an_answer_waits_with_it() -> None:
    """That of another account says nothing."""
    stage = Stage()
    came(stage, JUN, FAR)
    with stage.step() as step:
        claims.want(step, FAR.account, FAR.handle, b"", Accept())
        assert (False, True) == (claims.answered(step, JUN.account), claims.answered(step, FAR.account))


def test_a_claim_does_not_show_the_card_that_came_with_it() -> None:
    """Its ``repr`` names the handle alone."""
    assert "<Claim jun@relay.example>" == repr(Claim(JUN.account, JUN.handle, b"card", 0))


# -- claims come --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "pause"), [(True, 0), (False, 10 * MINUTE)])
def test_the_record_is_asked_a_random_while_after_an_account_of_a_known_directory_wrote(low: bool, pause: int) -> None:  # noqa: FBT001
    """Within ten minutes; until then the claim is pending."""
    stage = Stage(rng=Randomness(low=low))
    came(stage, JUN)
    assert ([(JUN.handle, pause)], "pending") == (waiting(stage), standing(stage, JUN))


def test_a_directory_of_the_senders_choice_is_not_asked_before_the_person_answers() -> None:
    """Nothing is due, not even at some time, until then."""
    stage = Stage()
    came(stage, FAR)
    with stage.step(START + 10**12) as step:
        assert ([], None) == (claims.due(step), claims.next_due(step))
        claims.want(step, FAR.account, FAR.handle, b"", Accept())
        assert ([FAR.handle], START + 10**12) == (claims.due(step), claims.next_due(step))


def test_who_writes_again_is_asked_for_by_the_newest_word_and_keeps_what_was_answered() -> None:
    """The newer handle and card replace the older, at the end of the list, at once if the person has answered."""
    stage = Stage()
    came(stage, JUN, number(1))
    with stage.step() as step:
        claims.want(step, JUN.account, JUN.handle, b"", Accept())
        claims.came(step, JUN.account, FAR.handle, b"newer")
        found = claims.claims(step)[-1]
    assert Claim(JUN.account, FAR.handle, b"newer", START, pending=(Accept(),)) == found
    assert [(number(1).handle, 10 * MINUTE), (FAR.handle, 0)] == waiting(stage)


def test_what_is_due_is_all_of_which_the_time_has_come_and_the_next_is_the_earliest() -> None:
    """At that very moment, not one before."""
    stage = Stage()
    came(stage, JUN, number(1), FAR)
    with stage.step() as step:
        claims.want(step, JUN.account, JUN.handle, b"", Accept())
        assert ([JUN.handle], START) == (claims.due(step), claims.next_due(step))
    with stage.step(START + 10 * MINUTE - 1) as step:
        assert [JUN.handle] == claims.due(step)
    with stage.step(START + 10 * MINUTE) as step:
        assert {JUN.handle, number(1).handle} == set(claims.due(step))
        claims.drop(step, JUN.account)
        assert START + 10 * MINUTE == claims.next_due(step)


@pytest.mark.parametrize("found", ["proven", "promised"])
def test_an_answer_to_an_account_that_the_record_has_is_done_at_once(found: Standing) -> None:
    """Nothing waits."""
    stage = Stage()
    with stage.step() as step:
        claims.note(step, JUN.account, found)
        assert claims.want(step, JUN.account, JUN.handle, b"", Accept())
    assert ([], found) == (waiting(stage), standing(stage, JUN))


def test_an_answer_to_a_refuted_account_is_refused() -> None:
    """The person is told, and nothing waits."""
    stage = Stage()
    with stage.step() as step:
        claims.note(step, JUN.account, "refuted")
        with pytest.raises(CardRefuted, match=r"jun@relay\.example"):
            claims.want(step, JUN.account, JUN.handle, b"", Accept())
    assert ([], "refuted") == (waiting(stage), standing(stage, JUN))


def test_an_answer_waits_with_the_claim_and_hurries_the_record() -> None:
    """Each answer once, in the order in which they were last made; the card that came first stays."""
    stage = Stage()
    came(stage, JUN)
    with stage.step() as step:
        for answer in (Accept(), Enter(ROOM), Accept()):
            assert not claims.want(step, JUN.account, JUN.handle, b"other", answer)
        assert [Claim(JUN.account, JUN.handle, b"card", START, pending=(Enter(ROOM), Accept()))] == claims.claims(step)


def test_an_answer_without_a_claim_makes_one() -> None:
    """With what is known of the account; it is pending."""
    stage = Stage()
    came(stage, number(1))
    with stage.step() as step:
        assert not claims.want(step, FAR.account, FAR.handle, b"mine", Accept())
        assert Claim(FAR.account, FAR.handle, b"mine", START, pending=(Accept(),)) == claims.claims(step)[-1]
    assert "pending" == standing(stage, FAR)


def test_an_answer_that_was_taken_back_is_done_for_nobody() -> None:
    """Other answers stay, and the claims as well."""
    stage = Stage()
    with stage.step() as step:
        claims.want(step, JUN.account, JUN.handle, b"", Enter(ROOM))
        claims.want(step, JUN.account, JUN.handle, b"", Accept())
        claims.want(step, FAR.account, FAR.handle, b"", Enter(ROOM))
        claims.drop_answer(step, Enter(ROOM))
        assert [(JUN.account, (Accept(),)), (FAR.account, ())] == [
            (each.account, each.pending) for each in claims.claims(step)
        ]


# -- how many -----------------------------------------------------------------------------------------------------


def test_of_too_many_claims_the_oldest_that_nobody_waits_for_goes() -> None:
    """256 stay. One that an answer or a promise waits with outlives any that is idle."""
    stage = Stage()
    with stage.step() as step:
        claims.want(step, number(0).account, number(0).handle, b"", Accept())
        claims.came(step, number(1).account, number(1).handle)
        claims.note(step, number(1).account, "promised")
        for count in range(2, 256):
            claims.came(step, bytes((count,)) * 32, number(count).handle)
        assert 256 == len(claims.claims(step))
        claims.came(step, JUN.account, JUN.handle)
        kept = [each.handle for each in claims.claims(step)]
    assert [number(0).handle, number(1).handle, number(3).handle, JUN.handle] == [*kept[:3], kept[-1]]
    assert 256 == len(kept)


def test_if_somebody_waits_for_all_of_them_the_oldest_goes() -> None:
    """There is no end to what can be answered, but to what is stored."""
    stage = Stage()
    with stage.step() as step:
        for count in range(257):
            claims.want(step, count.to_bytes(32, "big"), "p0@relay.example", b"", Accept())
        kept = [int.from_bytes(each.account, "big") for each in claims.claims(step)]
    assert [*range(1, 257)] == kept


# -- links --------------------------------------------------------------------------------------------------------


def by_link(stage: Stage, other: Other, answer: LetIn | Refuse = LET_IN, now: int = START) -> None:
    with stage.step(now) as step:
        claims.by_link(step, other.account, other.handle, b"card", answer)


@pytest.mark.parametrize("answer", [LET_IN, REFUSED])
def test_who_has_a_link_and_a_directory_that_we_know_is_asked_for_at_once(answer: LetIn | Refuse) -> None:
    """Whether they are to come in or to be told that it leads nowhere; twice is once."""
    stage = Stage()
    by_link(stage, JUN, answer)
    by_link(stage, JUN, answer)
    with stage.step() as step:
        assert [Claim(JUN.account, JUN.handle, b"card", START, pending=(answer,))] == claims.claims(step)
    assert "pending" == standing(stage, JUN)


def test_a_stranger_is_not_told_at_their_own_directory_that_a_link_is_dead() -> None:
    """Nothing is kept of it."""
    stage = Stage()
    by_link(stage, FAR, REFUSED)
    assert ([], "") == (waiting(stage), standing(stage, FAR))


def test_strangers_with_a_link_wait_for_one_another() -> None:
    """A minute behind the last of them; who comes from a directory that we know neither waits nor is waited for."""
    stage = Stage()
    for other in (FAR, FURTHER, JUN, number(1, "third.example")):
        by_link(stage, other)
    assert [("far@far.example", 0), ("further@further.example", MINUTE), (JUN.handle, 0)] == waiting(stage)[:3]
    assert [("p1@third.example", 2 * MINUTE)] == waiting(stage)[3:]


def test_a_stranger_who_waited_long_enough_is_not_waited_for() -> None:
    """Nobody is asked for before now."""
    stage = Stage()
    by_link(stage, FAR)
    by_link(stage, JUN, now=START + 5 * MINUTE)
    by_link(stage, FURTHER, now=START + 5 * MINUTE)
    assert [(FAR.handle, 0), (JUN.handle, 5 * MINUTE), (FURTHER.handle, 5 * MINUTE)] == waiting(stage)


def test_whom_the_person_answers_does_not_stand_in_the_way_of_a_link() -> None:
    """Only those who wait by a link are counted and waited for, and nobody waits for themselves."""
    stage = Stage()
    came(stage, number(1, "third.example"))
    with stage.step(START + MINUTE) as step:
        claims.want(step, FAR.account, FAR.handle, b"", Accept())
        claims.want(step, FURTHER.account, FURTHER.handle, b"", LET_IN)
        claims.want(step, FURTHER.account, FURTHER.handle, b"", Accept())
    by_link(stage, number(2, "fourth.example"))
    by_link(stage, number(2, "fourth.example"), LetIn(ROOM, b"other"))
    assert [("p2@fourth.example", 0)] == waiting(stage)[3:]
    with stage.step() as step:
        assert (LET_IN, LetIn(ROOM, b"other")) == claims.claims(step)[3].pending


@pytest.mark.parametrize(("others", "taken"), [(63, True), (64, False)])
def test_so_many_wait_by_a_link_and_no_more(others: int, taken: bool) -> None:  # noqa: FBT001
    """The 65th is not taken, and who is in is not counted twice."""
    stage = Stage()
    with stage.step() as step:
        for count in range(others):
            claims.by_link(step, count.to_bytes(32, "big"), "p0@relay.example", b"", LET_IN)
        claims.by_link(step, JUN.account, JUN.handle, b"", LET_IN)
        claims.by_link(step, bytes(32), "p9@relay.example", b"", LET_IN)
        handles = [each.handle for each in claims.claims(step)]
    assert (taken, 64, "p9@relay.example") == (JUN.handle in handles, len(handles), handles[-1])
