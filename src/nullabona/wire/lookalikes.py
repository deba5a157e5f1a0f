"""Which names look like one another, and which would be taken for the operator's or an authority's.

Decides from the text alone (spec/directory.md §2; decisions 0005 and 0034).

What a directory refuses to a newcomer (`skeleton`, `resembles_reserved`) makes nobody's name invalid who has one: what
a name may be at all is decided in `nullabona.wire.handle`, and is wider.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

SEPARATORS: Final = frozenset("_.-")
TYPED: Final = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "p", "ŋ": "n"}
"""Letters that people's names have and that Unicode does not decompose: allowed, with what they look like."""
_HANGUL: Final = range(0xAC00, 0xD7A4)
_FOLDS: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "_": "-", ".": "-"})
_OTHERS: Final = str.maketrans({"ĸ": "k", "ŀ": "l", "ŉ": "n", "ƒ": "f", "ı": "l", "ſ": "f"})
"""Letters that no name may have, so that comparisons of other texts by their skeleton see them, too."""
_ALONE: Final = re.compile(r"(?<![0-9])[0-9](?![0-9])")
_LAST: Final = {"2": "z", "5": "s", "6": "b", "9": "g"}
_INSIDE: Final = {"2": "z", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"}
"""What one digit alone looks like, at the end and elsewhere. No two become one letter in one place, so that numbered
names stay apart, as `user6` and `user8`, or `user61` and `user81`, where `1` counts as `l`.
"""
_PAIRS: Final = (("nn", "m"), ("uu", "w"), ("uv", "w"), ("vu", "w"), ("cl", "d"), ("lj", "y"))

RESERVED: Final = frozenset(
    """
    abuse admin administrator all anonymous card contact court demand directory docket everyone help helpdesk
    hostmaster info inbox legal mail me moderator news noreply no-reply nobody null nulla nullabona official operator
    owner police postmaster press privacy prosecutor register relay root security server service staff support system
    team trust undefined user warrant webmaster witness
    경찰 고객센터 고객지원 공식 공지 공지사항 관리 관리자 널라 누구나 누라보나 눌라 눌라보나 대표 도움말 모두 문의
    법무 법원 보안 서버 시스템 알림 영장 운영 운영자 운영진 운영팀 익명 전체 지원 직원 카카오 검찰 검사 판사
    """.split()
)
"""Names that nobody may register, because others would take their holder for the operator or an authority."""

_AUTHORITIES: Final = frozenset(
    """
    admin administrator authority bailiff court customs detective fbi helpdesk interpol investigator magistrate
    moderator nulla nullabona official operator police policia policie politie polizei postmaster prosecution prosecutor
    security sheriff staff subpoena support sysadmin warrant
    """.split()
)
"""Words that nobody may have as a part of a name either: with a number, or in another word's company."""
_WITH_SLIPS: Final = frozenset(
    "admin administrator helpdesk moderator nullabona official operator police prosecution prosecutor security".split()
)
"""Those of them that a slip does not hide: letters that are thin, doubled or single."""
_COMPANY: Final = frozenset(
    """
    account agency agent agents app at bot bureau busan care center centre chat chief city customer cyber daegu dept
    department desk director division email for force hq help her his in info international is it korea korean kr line
    live mail main man master me member metro metropolitan mr mrs ms my national net new no now of office officer
    officers official on online our real room s seoul server service services special state station support system team
    tech the true uk unit us usa user verified we web woman world your
    """.split()
)
"""Words beside which an authority's name is still the authority's."""
_ANYWHERE: Final = """
    경찰 검찰 관리자 고객센터 고객지원 국가정보원 국정원 눌라보나 누라보나 대법원 사법부
    수사관 수사대 수사팀 운영자 운영진 운영팀 형사과
""".split()
"""Korean words of authority that no ordinary name has in it."""
_WITH_COMPANY: Final = """
    검사 공식 공지 널라 눌라 법무 법원 보안 서버 수사 시스템 영장 운영 판사 헌병 형사
""".split()
_KOREAN_COMPANY: Final = frozenset(
    """
    가 계 계정 공식 과 과장 관 국 국가 국장 군 뉴스 님 단 담당 담당자 대 대표 대한민국 도움 리 문의 반
    본부 봇 부 부장 사무 사무국 사무실 사이버 상담 서 서울 센터 소 수사 시 실 실장 알림 앱 요원 운영 원
    원장 의 인 장 전국 정보 정부 중앙 지방 지원 직원 진짜 처 청 청장 총괄 총장 최고 층 특별 팀 팀장 한국
    행정 헌법
    """.split()
)
_EXACT: Final = frozenset({"all", "me"})
"""Reserved as they are written: with `i` for `l` they are people's names."""
_THIN: Final = str.maketrans("ijft", "llll")
_DOUBLED: Final = re.compile(r"(.)\1+")
_LEET: Final = str.maketrans("0123456789", "olzeasbtbg")


def is_hangul(char: str) -> bool:
    """Whether a character is a Hangul syllable."""
    return ord(char) in _HANGUL


def base(char: str) -> str:
    """``char`` without its marks; Hangul syllables stay whole."""
    return char if is_hangul(char) else unicodedata.normalize("NFD", char)[0]


def shape(name: str) -> str:
    """What ``name`` looks like at the least: marks are dropped, ``0`` counts as ``o``, ``1`` and ``i`` as ``l``, ``rn``
    as ``m``, ``vv`` as ``w``, and the three separators count as one. What holds a deleted handle goes by it.
    """
    plain = name if name.isascii() else "".join(TYPED.get(each, each) for each in map(base, name.translate(_OTHERS)))
    return plain.translate(_FOLDS).replace("rn", "m").replace("vv", "w")


def skeleton(name: str) -> str:
    """What ``name`` looks like: of two names with equal skeletons the second is not registered.

    Its `shape`, in which ``nn`` counts as ``m``, two of ``u`` and ``v`` as ``w``, ``cl`` as ``d``, ``ij`` as ``y``, and
    a digit alone as the letter that it looks like. Names with equal shapes have equal skeletons. Expects a normal name.
    """
    plain = shape(name)
    folded = _ALONE.sub(lambda found: (_LAST if found.end() == len(plain) else _INSIDE).get(found[0], found[0]), plain)
    for pair, one in _PAIRS:
        folded = folded.replace(pair, one)
    return folded


def is_reserved(name: str) -> bool:
    """Whether a normal name is a reserved one as it looks (`shape`): nobody has it."""
    return name in _EXACT or shape(name) in _reserved()


def resembles_reserved(name: str) -> bool:
    """Whether others would take the holder of a normal name for the operator or an authority: no newcomer gets it."""
    if any(map(is_hangul, name)):
        return _resembles_korean("".join(char for char in name if is_hangul(char)))
    plain = "".join(TYPED.get(each, each) for each in map(base, name))
    whole = re.sub(r"[_.-]", "", plain)
    parts = [*re.split(r"[_.-]", plain), whole, whole.strip("0123456789"), re.sub(r"[0-9]+", "", whole)]
    return any(_is_authority(part) for each in parts for part in {each, each.strip("0123456789")})


def _is_authority(word: str) -> bool:
    """Whether a word is an authority's, alone or between words of company."""
    word = word.translate(_LEET)
    ends = [at for at in range(len(word) + 1) if at == len(word) or _is_company(word[at:])]
    begins = [at for at in range(len(word)) if not at or _is_company(word[:at])]
    return any(_names_authority(word[begin:end]) for begin in begins for end in ends if begin < end)


def _is_company(word: str) -> bool:
    """Whether a text is one or two words of company."""
    if not word or len(word) > 24:
        return False
    return word in _COMPANY or any(word[:at] in _COMPANY and word[at:] in _COMPANY for at in range(1, len(word)))


def _resembles_korean(name: str) -> bool:
    if any(word in name for word in _ANYWHERE):
        return True
    return any(
        name == word
        or (name.startswith(word) and _is_korean_company(name[len(word) :]))
        or (name.endswith(word) and _is_korean_company(name[: -len(word)]))
        for word in _WITH_COMPANY
    )


def _is_korean_company(word: str) -> bool:
    if word in _KOREAN_COMPANY:
        return True
    return any(word[:at] in _KOREAN_COMPANY and word[at:] in _KOREAN_COMPANY for at in range(1, len(word)))


def _rough(word: str) -> str:
    """Coarser than a skeleton: thin letters are one, doubled ones are single, so that a slip hides nothing."""
    return _DOUBLED.sub(r"\1", skeleton(word).translate(_THIN))


def _names_authority(word: str) -> bool:
    return skeleton(word) in _plain() or _rough(word) in _rough_ones()


@cache
def _plain() -> frozenset[str]:
    return frozenset(map(skeleton, _AUTHORITIES))


@cache
def _rough_ones() -> frozenset[str]:
    return frozenset(map(_rough, _WITH_SLIPS))


@cache
def _reserved() -> frozenset[str]:
    return frozenset(shape(name) for name in RESERVED - _EXACT)
