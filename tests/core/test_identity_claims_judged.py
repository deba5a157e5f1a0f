"""What the record's answer makes of a claim: proven, promised, refuted, or asked again later (spec/map.md §9)."""

from __future__ import annotations

from functools import cached_property

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core.directory.keeping import save_pinned
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.identity import claims
from nullabona.client.core.identity.claims import Accept, Claim, Standing, Verdict
from nullabona.client.core.step import Timing
from nullabona.wire.card import Card
from nullabona.wire.epoch import encode_genesis
from tests.core.stage import DAY, START, Other, Stage
from tests.rooms.looked import Shown, looked

MINUTE = 60_000


class Namesake(Other):
    """Another account under the same handle."""

    @cached_property
    def account_key(self) -> Ed25519PrivateKey:
        return Other("impostor").account_key


JUN, NAMESAKE = Other("jun"), Namesake("jun")
FIRST = JUN.card()
SECOND = JUN.card(previous=FIRST)
THIRD = JUN.card(previous=SECOND)
FORKED = JUN.card(Other("jun", 1))
"""Another first card of the same account."""


def claim(card: bytes = b"", **about: int) -> Claim:
    return msgspec.structs.replace(Claim(JUN.account, JUN.handle, card, START), **about)


def judge(first: Claim, data: bytes | None, shown: Shown, today: int) -> Verdict:
    return claims.judge(first, looked(JUN.handle, data, today * 86_400_000, shown), today)


# -- verdicts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "shown", "good"),
    [
        (b"", FIRST, True),
        (FIRST.encoded, FIRST, True),
        (FIRST.encoded, SECOND, True),
        (FIRST.encoded, THIRD, True),
        (b"", NAMESAKE.card(), "another-account"),
        (FIRST.encoded, NAMESAKE.card(), "card-forked"),
        (FIRST.encoded, FORKED, "card-forked"),
    ],
)
def test_the_record_proves_the_claimed_card_or_a_later_one(claimed: bytes, shown: Card, good: bool | str) -> None:  # noqa: FBT001
    """A claim without a card is of the account alone. Anything else is refuted, with the reason."""
    found = [judge(claim(claimed), shown.encoded, "proven", DAY), judge(claim(claimed), shown.encoded, "promised", DAY)]
    if good is True:
        assert [Verdict("proven", shown), Verdict("promised", shown)] == found
    else:
        assert [Verdict("refuted", reason=str(good))] * 2 == found


@pytest.mark.parametrize("data", [b"\xc1", FIRST.encoded[:-1]])
def test_what_is_no_card_refutes(data: bytes) -> None:
    """Shown by the record or claimed: with the code of what is wrong with it."""
    assert Verdict("refuted", reason="malformed") == judge(claim(), data, "proven", DAY)
    assert Verdict("refuted", reason="malformed") == judge(claim(data), FIRST.encoded, "proven", DAY)


def test_a_claimed_card_of_another_account_than_who_claims_it_is_refuted() -> None:
    """The record may well have that card: it is not theirs."""
    theirs = Claim(Other("eve").account, JUN.handle, FIRST.encoded, START)
    assert Verdict("refuted", reason="not-entered") == judge(
        msgspec.structs.replace(theirs, lacked=4), FIRST.encoded, "proven", DAY
    )
    assert "pending" == judge(theirs, FIRST.encoded, "proven", DAY).standing


@pytest.mark.parametrize("data", [None, FIRST.encoded])
def test_a_record_that_cannot_be_asked_says_nothing(data: bytes | None) -> None:
    """Whatever came with that, and however often it lacked the claim before."""
    assert Verdict("pending") == judge(claim(FIRST.encoded, lacked=9), data, "unreached", DAY)


@pytest.mark.parametrize(
    ("lacked", "standing", "reason"), [(0, "pending", ""), (3, "pending", ""), (4, "refuted", "absent")]
)
def test_what_the_record_lacks_five_times_is_refuted(lacked: int, standing: Standing, reason: str) -> None:
    """A card may be about to enter it: four times that is waited for."""
    assert Verdict(standing, reason=reason) == judge(claim(lacked=lacked), None, "absent", DAY)


@pytest.mark.parametrize(
    ("lacked", "standing", "reason"), [(0, "pending", ""), (3, "pending", ""), (4, "refuted", "not-entered")]
)
def test_a_newer_card_than_the_record_has_is_waited_for_as_long(lacked: int, standing: Standing, reason: str) -> None:
    """The record has the one before: the claimed one may be about to enter."""
    assert Verdict(standing, reason=reason) == judge(claim(SECOND.encoded, lacked=lacked), FIRST.encoded, "proven", DAY)


def test_a_card_of_a_day_to_come_is_refuted() -> None:
    """Cards are judged by today, on either side."""
    late = JUN.card(day=DAY + 30)
    assert "refuted" == judge(claim(), late.encoded, "proven", DAY).standing
    assert "refuted" == judge(claim(late.encoded), FIRST.encoded, "proven", DAY).standing
    assert Verdict("proven", late) == judge(claim(), late.encoded, "proven", DAY + 30)


# -- what follows -------------------------------------------------------------------------------------------------


def answered(
    stage: Stage, first: Claim, data: bytes | None, shown: Shown
) -> tuple[list[tuple[Claim, Verdict]], str, list[Claim]]:
    """What the record's answer settles, what is known of the account then, and which claims are still open."""
    with stage.step() as step:
        claims.came(step, first.account, first.handle, first.card)
        if first.pending:
            claims.want(step, first.account, first.handle, first.card, *first.pending)
        settled = claims.answer(step, looked(JUN.handle, data, START, shown))
        return settled, claims.standing(step, first.account), claims.claims(step)


def test_a_proven_claim_is_settled_with_its_wishes() -> None:
    """It is open no more."""
    wished = msgspec.structs.replace(claim(FIRST.encoded), pending=(Accept(),))
    assert ([(wished, Verdict("proven", SECOND))], "proven", []) == answered(Stage(), wished, SECOND.encoded, "proven")


def test_a_refuted_claim_is_settled() -> None:
    """Nothing is asked again, and what is known of the account says so."""
    settled, standing, left = answered(Stage(), claim(FIRST.encoded), FORKED.encoded, "proven")
    assert (["card-forked"], "refuted", []) == ([verdict.reason for _, verdict in settled], standing, left)


def test_a_promised_claim_is_settled_and_looked_at_once_more() -> None:
    """Two periods later, when the promise must have been kept; what was wished is done by then."""
    stage = Stage()
    wished = msgspec.structs.replace(claim(FIRST.encoded), pending=(Accept(),))
    settled, standing, left = answered(stage, wished, FIRST.encoded, "promised")
    assert ([(wished, Verdict("promised", FIRST))], "promised") == (settled, standing)
    assert [claim(FIRST.encoded, next_at=START + 20 * MINUTE)] == left


def test_what_the_record_lacks_is_asked_again_a_period_later() -> None:
    """It is settled only when it was lacking often enough; a promise in between begins the count anew."""
    stage = Stage()
    assert ([], "pending", [claim(lacked=1, next_at=START + 10 * MINUTE)]) == answered(stage, claim(), None, "absent")
    with stage.step() as step:
        assert [] == claims.answer(step, looked(JUN.handle, None, START, "absent"))
        assert [claim(lacked=2, next_at=START + 10 * MINUTE)] == claims.claims(step)
        claims.answer(step, looked(JUN.handle, FIRST.encoded, START, "promised"))
        assert [claim(lacked=0, next_at=START + 20 * MINUTE)] == claims.claims(step)


def test_the_directorys_own_period_counts_if_it_is_known() -> None:
    """As its log begins with it; that of another directory says nothing."""
    stage = Stage()
    for host, period in (("relay.example", 60), ("far.example", 7)):
        genesis = encode_genesis(host, bytes(32), period, 30)
        with stage.store.transaction():
            save_pinned(stage.store, Pinned(host, "", False, genesis, 1, (), b"", 0))  # noqa: FBT003
    assert [claim(lacked=1, next_at=START + MINUTE)] == answered(stage, claim(), None, "absent")[2]


@pytest.mark.parametrize(("attempts", "pause"), [(0, 2_000), (1, 4_000), (8, 512_000), (9, 900_000), (60, 900_000)])
def test_a_record_out_of_reach_is_asked_ever_less_often(attempts: int, pause: int) -> None:
    """The pause doubles up to a quarter of an hour; the record lacked nothing."""
    stage = Stage()
    with stage.step() as step:
        step.store.set_value("claims", msgspec.msgpack.encode([claim(attempts=attempts, lacked=2)]))
        assert [] == claims.answer(step, looked(JUN.handle, None, START, "unreached"))
        assert [claim(attempts=attempts + 1, lacked=2, next_at=START + pause)] == claims.claims(step)


@pytest.mark.parametrize(("attempts", "pause"), [(11, 2_048), (12, 4_096), (13, 4_096)])
def test_a_pause_doubles_twelve_times_at_most(attempts: int, pause: int) -> None:
    """However long the longest pause is."""
    stage = Stage(timing=Timing(retry=1, retry_most=1 << 40))
    with stage.step() as step:
        step.store.set_value("claims", msgspec.msgpack.encode([claim(attempts=attempts)]))
        claims.answer(step, looked(JUN.handle, None, START, "unreached"))
        assert START + pause == claims.claims(step)[0].next_at


def test_an_answer_is_about_all_claims_of_the_handle_and_no_other() -> None:
    """Of two accounts under one handle one may be proven and the other refuted."""
    stage = Stage()
    with stage.step() as step:
        for other in (JUN, Other("far"), NAMESAKE):
            claims.came(step, other.account, other.handle)
        settled = claims.answer(step, looked(JUN.handle, FIRST.encoded, START, "proven"))
        assert [(JUN.account, "proven"), (NAMESAKE.account, "refuted")] == [
            (each.account, verdict.standing) for each, verdict in settled
        ]
        assert [Other("far").account] == [each.account for each in claims.claims(step)]
