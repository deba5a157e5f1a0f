"""A made-up operator's record with something of everything, for tests and pictures; the log behind it is real."""

from __future__ import annotations

from functools import cache
from typing import Final

from nullabona.docket.site.held import held_rows
from nullabona.docket.site.publication import (
    ClassResult,
    Counts,
    DsaRow,
    Figure,
    Interruption,
    Interval,
    Item,
    LogView,
    Publication,
    Removal,
    Sealed,
    WitnessSeen,
)
from nullabona.docket.taxonomy import load
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import vkey
from nullabona.log.note import sign_note
from nullabona.log.tree import leaf_hash
from nullabona.wire.demands import DataClass, Label
from tests.docket.packages import HOST, NOON, ORIGIN, desk

KOREA: Final = (
    ("2025-H2", "KR.INTERCEPT", (2, 2, 2, 0, 0)),
    ("2025-H2", "KR.TRAFFIC", (9, 8, 12, 0, 1)),
    ("2025-H2", "KR.SUBSCRIBER", (14, 6, 18, 5, 3)),
    ("2025-H2", "KR.WARRANT", (21, 12, 26, 9, 0)),
    ("2026-H1", "KR.INTERCEPT", (3, 2, 3, 0, 1)),
    ("2026-H1", "KR.TRAFFIC", (11, 10, 15, 0, 1)),
    ("2026-H1", "KR.SUBSCRIBER", (17, 9, 21, 4, 4)),
    ("2026-H1", "KR.WARRANT", (28, 15, 33, 13, 0)),
    ("2026-H1", "KR.REMOVAL.CORRECTION", (4, 4, 0, 0, 0)),
    ("2026-H2", "KR.INTERCEPT", (1, 1, 1, 0, 0)),
    ("2026-H2", "KR.TRAFFIC", (6, 5, 8, 0, 0)),
    ("2026-H2", "KR.SUBSCRIBER", (8, 3, 9, 2, 2)),
    ("2026-H2", "KR.WARRANT", (13, 6, 15, 5, 0)),
    ("2026-H2", "KR.REMOVAL.TEMPORARY", (2, 2, 0, 0, 0)),
)
"""Half-year, kind, (received, no data, identifiers, produced, rejected)."""
ELSEWHERE: Final = (
    ("2026-H1", "US.WARRANT", (2, 1, 2, 1, 0)),
    ("2026-H1", "US.EDR", (1, 0, 1, 0, 1)),
    ("2026-H2", "US.SUBPOENA", (1, 0, 1, 1, 0)),
    ("2026-H1", "EU.DSA9", (1, 1, 0, 0, 0)),
    ("2026-H2", "EU.EPOC", (3, 2, 3, 1, 0)),
    ("2026-H2", "EU.EPOC_ER", (1, 1, 1, 0, 0)),
)


def figure(half: str, instrument: str, counts: tuple[int, int, int, int, int]) -> Figure:
    """One exact row."""
    received, no_data, identifiers, produced, rejected = counts
    return Figure(
        half,
        instrument,
        Counts(
            received=received,
            identifiers_named=identifiers,
            accounts_matched=produced,
            rejected=rejected,
            answered_no_data=no_data,
            produced_full=produced,
            accounts_produced=produced,
            notified_before=0,
            notified_after=produced,
            answered_in_time=no_data + produced + rejected,
            median_hours=31,
        ),
    )


def figures() -> tuple[Figure, ...]:
    """Exact rows, and those that the law allows in bands only."""
    bands = tuple(
        Figure(half, kind, demands=Interval(0, 999), accounts=Interval(0, 999))
        for half in ("2026-H1", "2026-H2")
        for kind in ("US.NSL", "US.FISA_CONTENT", "US.FISA_NONCONTENT")
    )
    return (*(figure(*row) for row in (*KOREA, *ELSEWHERE)), *bands)


def _answers(*asked: DataClass, produced: DataClass | None = None) -> tuple[ClassResult, ...]:
    return tuple(ClassResult(one, "produced" if one == produced else "not_held") for one in asked)


_ITEMS = (
    Item(
        tag="9f2c" * 8,
        half="2026-H2",
        instrument="KR.WARRANT",
        received_day=20_703,
        closed_day=20_709,
        authority=Label("수도권의 한 경찰서", "a police station near Seoul"),
        identifiers=3,
        accounts=1,
        notice="after",
        log_index=18_204,
        answers=_answers("subscriber", "traffic", "content", "contacts", produced="subscriber"),
        note=Label(
            "한 사람의 대화와 그 상대를 모두 요구한 영장입니다. 공개 명함과 가입한 날 말고는 낼 것이 없었습니다.",
            "A warrant for one person's conversations and everyone they talked with. There was nothing but the "
            "public card and the day of registration.",
        ),
    ),
    Item(
        tag="41d0" * 8,
        half="2026-H1",
        instrument="EU.DSA9",
        received_day=20_588,
        closed_day=20_590,
        authority=Label("Bundesnetzagentur", "Bundesnetzagentur"),
        identifiers=0,
        accounts=0,
        notice="none",
        log_index=11_377,
        answers=_answers("removal"),
        removal=Removal("Order to remove a message in a private room", "Bundesnetzagentur", "en", ("Defamation",)),
    ),
    Item(
        tag="7be3" * 8,
        half="2026-H1",
        instrument="US.WARRANT",
        received_day=20_561,
        closed_day=20_640,
        authority=Label("미국 캘리포니아 북부 연방지방법원", "U.S. District Court, N.D. California"),
        identifiers=1,
        accounts=1,
        notice="after",
        gag="lifted",
        answers=_answers("subscriber", "content", "realtime_content", produced="subscriber"),
        log_index=12_950,
    ),
    Item(
        tag="c81a" * 8,
        half="2026-H2",
        instrument="KR.REMOVAL.TEMPORARY",
        received_day=20_680,
        closed_day=20_682,
        authority=Label("당사자의 대리인", "the agent of a person affected"),
        identifiers=0,
        accounts=0,
        notice="none",
        log_index=17_441,
        answers=_answers("removal"),
        removal=Removal("비공개 대화방의 메시지 삭제 요청", "당사자의 대리인", "ko", ("Privacy",)),
    ),
    Item(
        tag="05fe" * 8,
        half="2026-H2",
        instrument="KR.SUBSCRIBER",
        received_day=20_699,
        closed_day=20_700,
        authority=Label("지방의 한 경찰청", "a regional police agency"),
        identifiers=2,
        accounts=1,
        notice="deferred",
        log_index=18_011,
        answers=(ClassResult("subscriber", "refused", "gate_not_met"), ClassResult("identification", "not_held")),
    ),
)


def items() -> tuple[Item, ...]:
    """Demands of several kinds that may be shown."""
    return _ITEMS


def log_view() -> LogView:
    """A checkpoint that the operator and a witness really signed."""
    root = leaf_hash(b"example")
    note = sign_note(Checkpoint(ORIGIN, 18_432, root).encode(), (*desk().signers, desk().witness), NOON)
    key = vkey(desk().witness)
    witnesses = (
        WitnessSeen("witness.example", "자유변호사회", key, NOON),
        WitnessSeen("w.coalition.example", "Coalition Relay", key, NOON - 60),
        WitnessSeen("w.university.example", "한빛대학교 정보보호연구실", key, None),
    )
    return LogView(
        origin=ORIGIN, url=f"https://{HOST}/docket", checkpoint=note.encode().decode(), size=18_432, root=root.hex(),
        policy=desk().policy_text, witnesses=witnesses, slots=8, period_s=3_600,
        outages=(Interruption(NOON - 90_000, NOON - 82_800, Label("전원이 끊겼습니다", "The power was out")),),
    )  # fmt: skip


@cache
def example() -> Publication:
    """All of it, marked as made up."""
    return Publication(
        operator=Label("눌라보나 릴레이", "Nullabona Relay"),
        host=HOST,
        contact=f"legal@{HOST}",
        made_s=NOON,
        taxonomy_sha256=load().sha256.hex(),
        held=held_rows(),
        figures=figures(),
        dsa=(
            DsaRow("2026-H1", 9, "DE", Label("명예훼손", "Defamation"), 1, 5, 31),
            DsaRow("2026-H2", 10, "FR", Label("사기", "Fraud"), 2, 4, 22),
            DsaRow("2026-H2", 10, "IE", Label("그 밖", "Other"), 1, None, None),
        ),
        items=items(),
        sealed=(
            Sealed("2025-H2", 35_328, 35_296, Interval(0, 32), 21_185),
            Sealed("2026-H1", 34_752, 27_010, Interval(0, 7_742), 21_366),
        ),
        log=log_view(),
        custodian_sha256=desk().custodian.fingerprint,
        report_index=18_431,
        example=True,
    )
