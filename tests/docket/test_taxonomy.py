"""The taxonomy: what ships is whole and says what it is sure of; what is malformed is refused, and why is said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.timers import too_short_timers
from nullabona.docket.taxonomy import Catalogue, Duration, TaxonomyInvalid, load, parse, parse_duration, row_at
from nullabona.docket.taxonomy.citations import cites
from nullabona.docket.taxonomy.read import CLAIMS, JURISDICTIONS, encoded
from nullabona.docket.taxonomy.rows import Band
from nullabona.errors import Bug, Malformed

ALL = """KR.INTERCEPT KR.TRAFFIC KR.SUBSCRIBER KR.WARRANT KR.COURT KR.REMOVAL.TEMPORARY KR.REMOVAL.CORRECTION
KR.REMOVAL.ILLEGAL_FILMING KR.TRAFFIC.SECURITY KR.CIVIL KR.MLAT KR.RESCUE
US.SUBPOENA US.2703D US.WARRANT US.PRTT US.WIRETAP US.NSL US.FISA_CONTENT
US.FISA_NONCONTENT US.2703F US.EDR US.CIVIL EU.EPOC EU.EPOC_ER EU.EPOC_PR EU.DSA9 EU.DSA10 EU.TCO""".split()
MINIMAL = """
format = 1
jurisdiction = "EU"
as_of = 2026-10-02
[[source]]
name = "Regulation (EU) 2022/2065"
label = { ko = "법", en = "Act" }
[[instrument]]
id = "EU.DSA9"
label = { ko = "명령", en = "order" }
class = "removal"
valid_from = 2024-01-01
begins = "commencement"
law = ["Art. 9 Regulation (EU) 2022/2065"]
issuers = ["court"]
compulsory = true
gates = ["order_complete"]
timers = [{ name = "answer", within = "P10D", since = "received", until = "answered" }]
register = { keep = "P3Y", restricted = true }
notice = { rule = "after_answer" }
publication = { item = "at_close", count = "exact", canary = "allowed" }
gag = { default = "none", expiry = "none" }
checked = [{ field = "law", at = "the text" }]
counsel = ["valid_from", "issuers", "compulsory", "gates", "timers", "register", "notice", "publication", "gag"]
needs_counsel = true
"""


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    """What comes with the program."""
    return load()


def test_every_kind_of_demand_is_there(shipped: Catalogue) -> None:
    """Each instrument that the desk has to know has a row that is in force."""
    assert sorted(ALL) == sorted(row.id for row in shipped.newest())


def test_the_law_changes_overnight(shipped: Catalogue) -> None:
    """On 1 October 2026 the old Article 13(7) holds, on the 2nd the new 13(8); before 2024 it is called 통신자료."""
    old, new = (row_at(shipped, "KR.TRAFFIC", dt.date(2026, 10, day)) for day in (1, 2))
    assert old is not None
    assert new is not None
    assert ("통신비밀보호법 제13조제7항", "통신비밀보호법 제13조제8항") == (old.register.law, new.register.law)
    names = [row_at(shipped, "KR.SUBSCRIBER", dt.date(year, 12, 31)) for year in (2023, 2024)]
    assert ["통신자료", "통신이용자정보"] == [row.label.ko for row in names if row]


NOTATIONS = {
    "통신비밀보호법 9-3": "KR",
    "통신비밀보호법 제9-3조": "KR",
    "통신비밀보호법 9(3)": "KR",
    "통신비밀보호법": "KR",
    "통신비밀보호법 제9조의3, 통신비밀보호법 시행령 17": "KR",
    "18 U.S.C. 2703": "US",
    "18 U.S.C.": "US",
    "Regulation (EU) 2023/1543 10": "EU",
    "Article 10 Regulation (EU) 2023/1543": "EU",
}


@pytest.mark.parametrize(("citation", "place"), NOTATIONS.items())
def test_another_notation_is_refused(shipped: Catalogue, citation: str, place: str) -> None:
    """A hyphen means a range to one lawyer and an article that was put in between to another."""
    assert not cites(citation, place, [source.name for source in shipped.sources])


LETTERS = re.compile(r"\b(PCSA|TBA|ICNA|DSA|TCO|USC)\b")


def test_no_short_name_of_ours_is_shown(shipped: Catalogue) -> None:
    """Neither on a form nor on a page: lawyers do not know them."""
    every = [text for row in shipped.rows for text in (*row.law, *(remark.ko for remark in row.remarks))]
    assert [] == [text for text in every if LETTERS.search(text)]


def test_a_search_warrant_rests_on_the_code_of_criminal_procedure(shipped: Catalogue) -> None:
    """Not on the duty to tell the person of its execution, which is the investigator's."""
    row = next(row for row in shipped.newest() if row.id == "KR.WARRANT")
    assert "형사소송법 제215조" == row.law[0]
    assert row.authority_notice is not None
    assert "통신비밀보호법 제9조의3" == row.authority_notice.law
    assert {"law", "authority_notice"} == {one.field for one in row.checked}


def test_every_claim_about_the_law_has_a_source_or_the_mark(shipped: Catalogue) -> None:
    """Of every row: where it was compared, or that counsel has to. A source says where the text is found."""
    bare = [
        (row.id, name)
        for row in shipped.rows
        for name in CLAIMS
        if getattr(row, name) not in ((), None)
        and name not in row.counsel
        and not any(one.field == name and len(one.at) > 10 for one in row.checked)
    ]
    assert [] == bare


def test_a_court_s_request_is_not_secret_by_law(shipped: Catalogue) -> None:
    """통신비밀보호법 제13조의5 speaks of 제13조 and 제13조의4 alone."""
    row = next(row for row in shipped.newest() if row.id == "KR.COURT")
    assert ("none", "at_horizon") == (row.gag.default, row.publication.item)
    secret = {row.id for row in shipped.newest() if row.jurisdiction == "KR" and row.gag.default == "statutory"}
    assert {"KR.INTERCEPT", "KR.TRAFFIC", "KR.TRAFFIC.SECURITY"} == secret


def test_a_rescue_yields_the_handle_alone_and_is_told(shipped: Catalogue) -> None:
    """Of the seven items of the law one is held; the provider has to tell the person."""
    row = next(row for row in shipped.newest() if row.id == "KR.RESCUE")
    assert (("name",), "after_answer", True) == (row.fields, row.notice.rule, row.compulsory)
    assert row_at(shipped, "KR.RESCUE", dt.date(2019, 7, 15)) is None


def test_a_rescue_is_not_kept_waiting_for_a_document(shipped: Catalogue) -> None:
    """제19조의3제3항: where there is no time, the request is made without one and the document follows."""
    row = next(row for row in shipped.newest() if row.id == "KR.RESCUE")
    assert ("자살예방법 제19조의3",) == row.law
    assert ("agency_called_back", "danger_described") == row.gates
    assert {"law", "gates", "notice"} <= {one.field for one in row.checked}


def test_who_may_ask_for_subscriber_information_is_what_the_law_lists(shipped: Catalogue) -> None:
    """전기통신사업법 제83조제3항 names courts, prosecutors, the tax service and intelligence beside investigators."""
    row = next(row for row in shipped.newest() if row.id == "KR.SUBSCRIBER")
    listed = ("court", "prosecutor", "investigative_agency", "tax_service", "intelligence_service")
    assert listed == row.issuers
    assert row.authority_notice is not None
    assert "전기통신사업법 제83조의2제1항" == row.authority_notice.law


def test_no_article_is_cited_of_another_act(shipped: Catalogue) -> None:
    """The yearly report on illegal filming is due under the Network Act; a correction request has its own statute."""
    filming, correction = (
        next(row for row in shipped.newest() if row.id == f"KR.REMOVAL.{name}")
        for name in ("ILLEGAL_FILMING", "CORRECTION")
    )
    assert ("정보통신망법 제44조의14제2항",) == tuple(report.law for report in filming.reports)
    assert "방송미디어통신위원회법 제22조제4호" == correction.law[0]


def test_nobody_is_told_by_the_authority_of_a_preservation(shipped: Catalogue) -> None:
    """Article 13(1) of Regulation (EU) 2023/1543 is about production only."""
    rules = {row.id: row.notice.rule for row in shipped.newest() if row.id.startswith("EU.EPOC")}
    assert {"EU.EPOC": "by_authority", "EU.EPOC_ER": "by_authority", "EU.EPOC_PR": "counsel"} == rules


def test_a_time_to_go_to_court_is_no_law(shipped: Catalogue) -> None:
    """The fourteen days of a civil subpoena are the desk's own, and everybody who sees them is told so."""
    (row,) = (row for row in shipped.newest() if row.notice.wait)
    assert ("US.CIVIL", "", True) == (row.id, row.notice.law, row.instrument().unsure_wait)


def test_known_gaps_are_named(shipped: Catalogue) -> None:
    """In both languages, for each jurisdiction."""
    assert all(shipped.missing[place] for place in JURISDICTIONS)
    assert all(one.ko and one.en for every in shipped.missing.values() for one in every)


def test_every_row_names_its_law(shipped: Catalogue) -> None:
    """And where nobody compared it with the text, counsel is asked or the place is named."""
    assert [] == [row.id for row in shipped.rows if not row.law]
    powers = {row.id: row.law[0] for row in shipped.newest() if row.id in {"US.NSL", "US.FISA_CONTENT", "US.PRTT"}}
    assert {
        "US.NSL": "18 U.S.C. § 2709",
        "US.FISA_CONTENT": "50 U.S.C. § 1805",
        "US.PRTT": "18 U.S.C. § 3123",
    } == powers


def test_a_day_before_the_file_has_no_row(shipped: Catalogue) -> None:
    """The file does not speak of days it knows nothing about."""
    assert row_at(shipped, "EU.EPOC", dt.date(2026, 8, 17)) is None
    assert row_at(shipped, "EU.EPOC", dt.date(2026, 8, 18)) is not None


def test_what_is_secret_in_korea_is_never_shown_one_by_one(shipped: Catalogue) -> None:
    """통신비밀보호법 제11조제2항, 제13조의5, 제16조제3항 have no end: the two are counted, no more."""
    rows = [row for row in shipped.rows if row.id in {"KR.INTERCEPT", "KR.TRAFFIC"}]
    assert {("never", "exact", "never", "statutory", "none")} == {
        (r.publication.item, r.publication.count, r.notice.rule, r.gag.default, r.gag.expiry) for r in rows
    }


def test_an_interception_without_the_cover_is_refused_at_the_gate(shipped: Catalogue) -> None:
    """통신비밀보호법 제16조제2항제1호 makes it a crime; the emergency form ends after 36 hours without the permit."""
    for row in (row for row in shipped.rows if row.id == "KR.INTERCEPT"):
        assert row.emergency is not None
        assert ("cover_copy_received", "cover_copy_received") == (row.gates[0], row.emergency.refuse_without[0])
        assert [("emergency_permit", 36 * 3_600)] == [(t.name, t.within_s) for t in row.instrument().timers]


def test_national_security_is_counted_in_bands_of_a_thousand(shipped: Catalogue) -> None:
    """50 U.S.C. § 1874: half-yearly bands from 0-999."""
    rows = [row for row in shipped.newest() if row.id in {"US.NSL", "US.FISA_CONTENT", "US.FISA_NONCONTENT"}]
    assert [Band(1000, 0, "P6M")] * 3 == [row.publication.band for row in rows]


@pytest.mark.parametrize(
    ("instrument", "seconds"), [("EU.EPOC", 10 * 86_400), ("EU.EPOC_ER", 8 * 3_600), ("EU.TCO", 3_600)]
)
def test_european_clocks(shipped: Catalogue, instrument: str, seconds: int) -> None:
    """Ten days, eight hours in an emergency, one hour for terrorist content."""
    row = next(row for row in shipped.newest() if row.id == instrument)
    assert [seconds] == [timer.within_s for timer in row.instrument().timers]


def test_the_usual_cadence_leaves_time_for_every_answer(shipped: Catalogue) -> None:
    """No row in force asks for a hand-over within less than twice what its receipt may take."""
    usual = Cadence(start_s=0)
    assert [] == [row.id for row in shipped.newest() for _ in too_short_timers(row.instrument(), usual)]
    slow = Cadence(start_s=0, period_s=86_400)
    assert ["EU.EPOC_ER"] == [row.id for row in shipped.newest() for _ in too_short_timers(row.instrument(), slow)]


def test_the_hour_for_removal_ends_with_the_approved_answer(shipped: Catalogue) -> None:
    """Only for demands of which nothing is ever held: no other row may end before it has left the house."""
    early = [row for row in shipped.rows for timer in row.instrument().timers if timer.until == "released"]
    assert [("EU.TCO", "removal")] == [(row.id, row.legal_class) for row in early]


def test_every_row_becomes_what_the_desk_goes_by(shipped: Catalogue) -> None:
    """The register is kept for whole days, statutory silence is silence by default."""
    made = {row.id: row.instrument() for row in shipped.newest()}
    assert (7 * 366, True) == (made["KR.TRAFFIC"].register.keep_days, made["KR.TRAFFIC"].default_gag)
    assert all(one.needs_counsel for one in made.values())


def test_the_hash_is_that_of_the_rows_and_of_nothing_else(shipped: Catalogue) -> None:
    """A comment changes nothing, a word of a row changes it."""
    assert sha256(encoded(shipped.rows)).digest() == shipped.sha256
    assert parse({"EU": MINIMAL}).sha256 == parse({"EU": "# remark\n" + MINIMAL}).sha256
    assert parse({"EU": MINIMAL}).sha256 != parse({"EU": MINIMAL.replace('"order"', '"orders"')}).sha256


def test_every_file_of_the_folder_is_read(shipped: Catalogue) -> None:
    """A file that is not read would be a law that nobody applies."""
    names = {entry.name for entry in files("nullabona.docket.taxonomy").iterdir() if entry.name.endswith(".toml")}
    assert names == {f"{row.jurisdiction}.toml" for row in shipped.rows}


LAW = 'law = ["Art. 9 Regulation (EU) 2022/2065"]'
BAND = 'band = { width = 500, first = 0, per = "P6M" }'
WRONG = {
    "unknown key": (lambda t: t.replace("compulsory = true", "compulsory = true\nsurprise = 1"), "surprise"),
    "unknown key inside": (lambda t: t.replace('keep = "P3Y",', 'keep = "P3Y", forever = true,'), "forever"),
    "unknown class": (lambda t: t.replace('"removal"', '"gossip"'), "gossip"),
    "missing": (lambda t: t.replace('notice = { rule = "after_answer" }\n', ""), "notice"),
    "wrong country": (lambda t: t.replace('id = "EU.DSA9"', 'id = "US.DSA9"'), "another jurisdiction"),
    "no date": (lambda t: t.replace("2024-01-01", '"yesterday"'), "date"),
    "ends before": (lambda t: t.replace("begins =", "valid_to = 2023-12-31\nbegins ="), "ends before it begins"),
    "hidden counsel": (lambda t: t.replace("needs_counsel = true", "needs_counsel = false"), "needs_counsel"),
    "counsel on nothing": (lambda t: t.replace('"issuers", "comp', '"weather", "issuers", "comp'), "weather"),
    "neither checked nor doubted": (
        lambda t: t.replace('"gates", "timers"', '"timers"'),
        "neither checked nor asks counsel about: gates",
    ),
    "a source that went away": (
        lambda t: t.replace('checked = [{ field = "law", at = "the text" }]\n', ""),
        "neither checked nor asks counsel about: law",
    ),
    "no law": (lambda t: t.replace(LAW, "law = []"), "names no law"),
    "unnamed law": (lambda t: t.replace(LAW, 'law = ["Art. 9 DSAX"]'), "file does not name: Art. 9 DSAX"),
    "another notation": (lambda t: t.replace(LAW, 'law = ["Regulation (EU) 2022/2065 9"]'), "as its country does"),
    "checked nothing": (
        lambda t: t.replace('{ field = "law", at', '{ field = "weather", at = "a book" }, { field = "law", at'),
        "checked what it does not have: weather",
    ),
    "checked and doubted": (
        lambda t: t.replace('{ field = "law", at', '{ field = "issuers", at = "a book" }, { field = "law", at'),
        "says was checked: issuers",
    ),
    "band without": (lambda t: t.replace('count = "exact"', 'count = "band"'), "band exactly"),
    "band too much": (
        lambda t: t.replace('canary = "allowed"', f'canary = "allowed", {BAND}'),
        "band exactly",
    ),
    "months": (lambda t: t.replace('within = "P10D"', 'within = "P1M"'), "deadline"),
    "no time": (lambda t: t.replace('within = "P10D"', 'within = "PT0H"'), "deadline"),
    "bad duration": (lambda t: t.replace('keep = "P3Y"', 'keep = "P03Y"'), "P03Y"),
    "endless silence": (
        lambda t: t.replace('gag = { default = "none"', 'gag = { default = "statutory"'),
        "silence has no end",
    ),
    "twice": (lambda t: t + t[t.index("[[instrument]]") :], "same day"),
    "not TOML": (lambda t: t + "\n= 3", "not valid"),
    "later format": (lambda t: t.replace("format = 1", "format = 2"), "not valid"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "says"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_row_is_refused_and_named(spoil: Callable[[str], str], says: str) -> None:
    """Nothing is taken over, and the sentence says what is wrong."""
    parse({"EU": MINIMAL})
    with pytest.raises(TaxonomyInvalid, match=re.escape(says)):
        parse({"EU": spoil(MINIMAL)})


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 9_999), st.integers(0, 9_999))
def test_durations_are_read_as_written(years: int, months: int, days: int, hours: int) -> None:
    """Whatever is written is what is meant."""
    text = f"P{years}Y{months}M{days}DT{hours}H"
    assert Duration(12 * years + months, days, 3_600 * hours) == parse_duration(text)


@pytest.mark.parametrize("text", [*"P PT P1 P01D P-1D P1.5D p1d P1DT PT1S P١D P1D2Y".split(), "", "P1D "])
def test_other_durations_are_refused(text: str) -> None:
    """No second, no fraction, no sign, no leading zero, no other alphabet."""
    with pytest.raises(Malformed):
        parse_duration(text)


@given(st.text(max_size=40))
def test_any_text_is_a_duration_or_malformed(text: str) -> None:
    """Nothing else comes out."""
    try:
        parse_duration(text)
    except Malformed:
        return
    assert re.fullmatch(r"P[0-9YMWDTH]+", text)


@pytest.mark.parametrize(
    ("count", "band"), [(0, (0, 999)), (999, (0, 999)), (1000, (1000, 1999)), (1999, (1000, 1999))]
)
def test_bands_begin_at_zero(count: int, band: tuple[int, int]) -> None:
    """Both ends of a band belong to it."""
    assert band == Band(1000, 0, "P6M").around(count)


@pytest.mark.parametrize(("count", "band"), [(1, (1, 499)), (499, (1, 499)), (500, (500, 999))])
def test_bands_that_begin_at_one(count: int, band: tuple[int, int]) -> None:
    """As after a gag has been lifted for one of them: 1-499, then 500-999."""
    assert band == Band(500, 1, "P6M").around(count)


def test_a_count_below_the_lowest_band_is_a_bug() -> None:
    """Saying "1 to 499" of nothing would be a lie."""
    with pytest.raises(Bug):
        Band(500, 1, "P6M").around(0)
