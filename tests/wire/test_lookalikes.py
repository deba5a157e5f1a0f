"""Names that look alike, and names that others would take for the operator's or an authority's."""

from __future__ import annotations

import pytest
from confusable_homoglyphs import confusables  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from nullabona.wire.handle import HandleError, HandleReserved, check_name, check_new_name, parse_handle
from nullabona.wire.lookalikes import RESERVED, is_reserved, resembles_reserved, shape, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mina", "m1na"),
        ("mina", "mína"),
        ("mina", "rnina"),
        ("bob", "b0b"),
        ("will", "vvi11"),
        ("kim.min", "kim_min"),
        ("łukasz", "lukasz"),
        ("søren", "soren"),
        ("æsop", "aesop"),
        ("clara", "dara"),
        ("cindy", "dndy"),
        ("hannah", "hamah"),
        ("suuin", "swin"),
        ("suvin", "svuin"),
        ("lijn", "lÿn"),
        ("5am", "sam"),
        ("mina5", "minas"),
        ("2oe", "zoe"),
        ("8ob", "bob"),
        ("bo6", "bob"),
        ("m4ri", "mari"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    """Look-alikes meet in the skeleton, so only one of them can be registered."""
    assert skeleton(check_name(one)) == skeleton(check_name(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mina", "mona"),
        ("민아", "민어"),
        ("kimmin", "kim.min"),
        ("u1-11", "u11-1"),
        ("user6", "user8"),
        ("minji96", "minji98"),
        ("민아5", "민아8"),
    ],
)
def test_names_that_differ_keep_different_skeletons(one: str, other: str) -> None:
    """The skeleton does not take names away without need."""
    assert skeleton(one) != skeleton(other)


def test_the_skeleton_agrees_with_unicodes_confusables() -> None:
    """Every allowed letter that Unicode's tables confuse with ASCII has that ASCII's skeleton."""
    allowed = [chr(point) for point in range(0x80, 0x2000) if _allowed(chr(point))]
    assert {"é", "ø", "ł", "ế"} <= set(allowed)
    for letter in allowed:
        for entry in confusables.confusables_data.get(letter, []):
            if entry["c"].isascii() and entry["c"].isalnum():
                assert skeleton(letter) == skeleton(entry["c"]), letter


def _allowed(char: str) -> bool:
    try:
        return check_name(f"q{char}q") == f"q{char}q"
    except HandleError:
        return False


def test_reserved_names_are_in_the_skeletons_own_form() -> None:
    """A reserved name is refused for being reserved, so the list has no entry that another rule shadows."""
    for name in RESERVED:
        with pytest.raises(HandleReserved):
            check_name(name)


@pytest.mark.parametrize(("letter", "plain"), [("ĸ", "k"), ("ŀ", "l"), ("ŉ", "n"), ("ƒ", "f"), ("ı", "i")])
def test_letters_that_no_name_may_have_look_like_the_plain_one(letter: str, plain: str) -> None:
    """They are refused in a name, and have the plain letter's skeleton where other texts are compared."""
    assert skeleton(letter) == skeleton(plain)
    with pytest.raises(HandleError):
        check_name(f"a{letter}a")


@given(st.text("abcilnruvwdjyæŀé0123456789_민", max_size=20))
def test_a_skeleton_is_its_own_and_wider_than_the_shape(text: str) -> None:
    """What looked alike to an earlier version looks alike still, and what a skeleton looks like is that skeleton."""
    assert skeleton(shape(text)) == skeleton(text)
    assert skeleton(skeleton(text)) == skeleton(text)


@pytest.mark.parametrize("name", ["user-{}", "u{}", "{}번", "{}x", "a{}a"])
def test_numbered_names_stay_apart(name: str) -> None:
    """Whoever gives out names by number gets as many as there are numbers."""
    assert 3_000 == len({skeleton(name.format(number)) for number in range(3_000)})


AUTHORITIES = """
    경찰청 검찰청 대검찰청 검찰총장 서울경찰 사이버경찰청 경찰관님 김수사관 운영자님 공식계정 법원장 대법원 고객센터1
    police1 the-police thepolice police.seoul seoulpolice policekorea police112 112police police-officer policeman
    p0lice po1ice poiice pollice 경찰1 oflicial oficial offlcial 0ff1cial officia1 officialsupport adm1n4 admin-kr
    adrnin1 theadministrator nullabona-team nullab0na2 nul1abona security-team 5ecurity supp0rt the.real.police
    seoul-court prosecutors warrant-office polizei fbi.agent
""".split()
ORDINARY = """
    ali clara dara anna hanna jimmy policy polite politic polly pole polar pollen courtney courtside courtland badminton
    staffan stafford staffordshire mina jun sora kim.min minji96 operatic officer-lee offenbach judd judy judith justice
    supportive federica federico federalist securitas warren prosper prose mailand newsom ownerless teamkim fabian fabio
    nullarbor admiral admire helpful nadia monitor moderna modern interpolate poppy malice alice felice felicia author
    authoritative sheri sheriffa stan steph opera seoul-mina korea-kim ivan jiwon milan lilian
    김지원 지원이 김운영 공지영 법정 경찬 경희 검은고양이 서버린 전체주의 국영수 이수사 홍길동
    장수사랑 시스템공학 영장류 판사랑 김검사 법원이 헌병우 형사랑 민아 공유
""".split()


@pytest.mark.parametrize("name", AUTHORITIES)
def test_who_would_be_taken_for_an_authority_is_not_registered(name: str) -> None:
    """With a number, in company, with a slip: no newcomer gets it. Who has such a handle has it still."""
    with pytest.raises(HandleReserved):
        check_new_name(check_name(name))
    assert is_reserved(name) or str(parse_handle(f"{name}@relay.example")).startswith(name)


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_names_are_not_refused(name: str) -> None:
    """Names that only have letters in common with an authority's."""
    assert (False, False) == (is_reserved(name), resembles_reserved(name))
