"""The public pages: whole, small, without scripts, and never more than the law allows to be shown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from justhtml import JustHTML

from nullabona.docket.site import build, read_publication, write_site
from nullabona.docket.site.exports import FIGURE_COLUMNS
from nullabona.docket.site.figures import FigureWrong, by_half, total_of
from nullabona.docket.site.held import held_rows
from nullabona.docket.site.history import load_history, parse_history
from nullabona.docket.site.pages import LANGUAGES, PAGES, POLICY
from nullabona.docket.site.publication import Counts, Figure, Interval, encode_publication
from nullabona.docket.site.telling import WORDS, Teller
from nullabona.docket.site.write import MARK, FolderTaken
from nullabona.docket.taxonomy import load
from nullabona.errors import Bug, Malformed
from nullabona.wire.demands import Label
from nullabona.words.catalogue import parse_words
from nullabona.words.demands import ROW_FIELD
from tests.docket.example_site import example

PAGE_LIMIT = 200 * 1024
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    """The example's files."""
    return build(example(), load())


@pytest.fixture(scope="module")
def pages(site: dict[str, bytes]) -> dict[str, str]:
    """The pages among them."""
    return {path: data.decode() for path, data in site.items() if path.endswith(".html")}


def changed(**fields: Any) -> dict[str, bytes]:  # noqa: ANN401 - any field
    """The site of the example with other values."""
    return build(msgspec.structs.replace(example(), **fields), load())


def test_the_same_record_gives_the_same_files(site: dict[str, bytes]) -> None:
    """Anybody can make the pages again from publication.json and compare."""
    assert site == build(read_publication(site["data/publication.json"]), load())


def test_every_page_is_there_in_both_languages(pages: dict[str, str]) -> None:
    """And one door in front of them."""
    assert {f"{language}/{page}.html" for language in LANGUAGES for page in PAGES} | {"index.html"} == set(pages)


def test_every_page_is_small(site: dict[str, bytes], pages: dict[str, str]) -> None:
    """With its stylesheet and icon, under 200 KiB."""
    beside = len(site["site.css"]) + len(site["icon.svg"])
    assert {} == {path: len(text) for path, text in pages.items() if len(text.encode()) + beside >= PAGE_LIMIT}


def test_every_page_is_valid(pages: dict[str, str]) -> None:
    """The parser of the HTML standard finds nothing to forgive, and no id stands twice."""
    errors = {path: JustHTML(text, collect_errors=True).errors for path, text in pages.items()}
    assert {} == {path: found for path, found in errors.items() if found}
    ids = {path: re.findall(r'\bid="([^"]+)"', text) for path, text in pages.items()}
    assert [path for path, found in ids.items() if len(found) != len(set(found))] == []


def test_no_page_can_run_or_fetch_anything(pages: dict[str, str]) -> None:
    """No script, no style in the page, nothing from elsewhere; the policy stands before everything it governs."""
    for path, text in pages.items():
        assert not re.search(r"<script|<style|<iframe|<form|\son[a-z]+=|\sstyle=|javascript:", text), path
        assert text.index("Content-Security-Policy") < text.index("<link"), path
        assert POLICY.replace("'", "&#39;") in text, path
        assert set(re.findall(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"', text)) <= {
            "site.css", "icon.svg", "../site.css", "../icon.svg",
        }, path  # fmt: skip
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), path


def test_every_link_leads_somewhere(site: dict[str, bytes], pages: dict[str, str]) -> None:
    """To a file of the site, and to an id in it."""
    broken = []
    for path, text in pages.items():
        for target in re.findall(r'href="([^"]+)"', text):
            name, _, fragment = target.partition("#")
            place = (Path("/") / Path(path).parent / name).resolve() if name else Path("/") / path
            found = site.get(place.relative_to("/").as_posix())
            if found is None or (fragment and f'id="{fragment}"'.encode() not in found):
                broken.append((path, target))
    assert broken == []


def test_the_pages_of_a_language_are_in_it(pages: dict[str, str]) -> None:
    """English pages have Hangul only where something is named by its Korean name."""
    bare = {path: re.sub(r"<[^>]+>", " ", text) for path, text in pages.items()}
    assert [path for path, text in bare.items() if path.startswith("ko/") and not HANGUL.search(text)] == []
    assert all('<html lang="en">' in text for path, text in pages.items() if path.startswith("en/"))


def test_what_a_record_says_cannot_become_markup() -> None:
    """Names, notes and references are text, wherever they stand."""
    evil = "<script>alert(1)</script>"
    item = msgspec.structs.replace(example().items[0], authority=Label(evil, evil), note=Label(evil, evil))
    made = changed(items=(item,), operator=Label(evil, evil), contact=evil)
    assert [path for path, data in made.items() if path.endswith(".html") and b"<script" in data] == []


def test_the_korean_view_adds_up(site: dict[str, bytes]) -> None:
    """요청, 처리 and 계정; answers without data stand apart and are part of what is handled."""
    halves = by_half(example().figures, "KR", [row.id for row in load().rows])
    newest = halves[0].total
    assert ("2026-H2", 30, 24, 17, 7) == (
        halves[0].half, newest.received, newest.handled, newest.answered_no_data, newest.accounts_produced,
    )  # fmt: skip
    text = re.sub(r"\s+", "", site["ko/figures.html"].decode())
    sums = re.search(r"<trclass=sum><th.*?</tr>", text.replace('"', ""))
    assert sums is not None
    assert ["30", "24", "17", "7", "2", "4", "26", "7", "7"] == re.findall(r"<td(?:class=sub)?>(\d+)</td>", sums[0])


def test_the_numbers_in_front_are_the_sum_of_the_table(site: dict[str, bytes]) -> None:
    """Read back from the download."""
    lines = list(csv.DictReader(io.StringIO(site["data/figures.csv"].decode())))
    assert FIGURE_COLUMNS == tuple(lines[0])
    received = sum(int(line["received"] or 0) for line in lines)
    assert total_of(example().figures).received == received
    assert f"<dd>{received:,}</dd>" in site["en/index.html"].decode()


def test_what_nobody_counted_is_never_nought() -> None:
    """Absent in the table, in CSV, in JSON and in the sum; what was counted is there, also if it is nought."""
    counted = Counts(received=2, answered_no_data=2, notified_before=0, notified_after=1, answered_in_time=2)
    bare = Counts(received=1, rejected=1)
    rows = (Figure("2026-H2", "KR.WARRANT", counted), Figure("2026-H2", "KR.SUBSCRIBER", bare))
    record = msgspec.structs.replace(example(), figures=rows, items=())
    made = build(record, load())
    first, second = csv.DictReader(io.StringIO(made["data/figures.csv"].decode()))
    names = (
        "documents",
        "withdrawn",
        "narrowed",
        "contested",
        "gag_active",
        "gag_lifted",
        "median_hours",
        "notice_barred",
        "stayed",
    )
    assert {""} == {line[name] for line in (first, second) for name in names}
    assert ("0", "1", "", "") == (first["notified_before"], first["notified_after"], second["notified_after"],
                                  second["answered_in_time"])  # fmt: skip
    (told, *_) = json.loads(made["data/figures.json"])["figures"]
    assert {None} == {told["counts"][name] for name in names}
    assert ["not counted"] * 10 == re.findall("not counted", made["en/figures.html"].decode())
    assert "집계 안 함" in made["ko/figures.html"].decode()


def test_bands_are_never_more_exact_than_the_law(site: dict[str, bytes]) -> None:
    """National security demands stand as 0–999, in page and download, without any exact figure."""
    lines = [line for line in csv.DictReader(io.StringIO(site["data/figures.csv"].decode())) if line["demands_low"]]
    assert [("", "0", "999")] * 6 == [(line["received"], line["demands_low"], line["demands_high"]) for line in lines]
    assert "0–999" in site["en/figures.html"].decode()


def one(half: str = "2026-H2", kind: str = "KR.WARRANT", **fields: Any) -> Figure:  # noqa: ANN401 - any field
    """A figure with one demand."""
    return Figure(half, kind, **({"counts": Counts(received=1, answered_no_data=1)} | fields))


WRONG: dict[str, tuple[Figure, ...]] = {
    "twice": (one(), one()),
    "neither": (one(counts=None),),
    "both": (one(demands=Interval(0, 999)),),
    "exact where bands are the law": (one(kind="US.NSL"),),
    "a band of our own": (one(kind="US.NSL", counts=None, demands=Interval(0, 9)),),
    "a narrow band of accounts": (one(kind="US.NSL", counts=None, demands=Interval(0, 999), accounts=Interval(3, 4)),),
    "band where exact is the law": (one(counts=None, demands=Interval(0, 999)),),
    "more answered than received": (one(counts=Counts(received=1, answered_no_data=2)),),
    "accounts that nobody named": (one(counts=Counts(received=1, accounts_matched=1, identifiers_named=0)),),
    "in time before answered": (one(counts=Counts(received=1, answered_in_time=1)),),
    "not to be counted": (one(kind="KR.COURT"),),
    "no such kind": (one(kind="KR.GOSSIP"),),
}


@pytest.mark.parametrize("figures", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_figure_is_refused(figures: tuple[Figure, ...]) -> None:
    """And nothing is made."""
    with pytest.raises(FigureWrong):
        changed(figures=figures)


@pytest.mark.parametrize("kind", ["KR.INTERCEPT", "KR.TRAFFIC", "US.FISA_CONTENT"])
def test_a_demand_that_is_secret_is_never_shown(kind: str) -> None:
    """Even if the record holds it."""
    item = msgspec.structs.replace(example().items[0], instrument=kind)
    with pytest.raises(FigureWrong, match="never shown"):
        changed(items=(item,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_reads_the_demands_learns_what_is_still_sealed(pages: dict[str, str], language: Any) -> None:  # noqa: ANN401
    """Few are shown before the horizon: of each half-year how many slots are sealed, and until when."""
    lead = pages[f"{language}/demands.html"].partition("</section>")[0]
    tell = Teller(language)
    for row in example().sealed:
        assert f"{tell.half(row.half)}</a>" in lead
        assert tell("demands.sealed_until", count=tell.interval(row.sealed), day=tell.day(row.open_by_day)) in lead
    none = changed(sealed=())[f"{language}/demands.html"].decode().partition("</section>")[0]
    assert tell("demands.sealed") in lead
    assert tell("demands.sealed") not in none


def test_lumen_gets_removal_demands_and_no_others(site: dict[str, bytes]) -> None:
    """In its own words; a private message was never removed."""
    notices = json.loads(site["data/lumen.json"])["notices"]
    assert [("GovernmentRequest", "No"), ("LocalLaw", "No")] == [(n["type"], n["action_taken"]) for n in notices]
    assert {"sender", "recipient"} == {role["name"] for n in notices for role in n["entity_notice_roles_attributes"]}


def test_the_147_are_interception_requests_with_their_source() -> None:
    """36, 50 and 61, from January 2013 to June 2014; not this operator's, and said so."""
    assert (36, 50, 61) == tuple(row.requested for row in load_history().interception)
    assert 147 == sum(row.requested for row in load_history().interception)
    pages = build(example(), load())
    for path, words in (("ko/index.html", "이 운영자의 수치가 아닙니다"), ("en/index.html", "not this operator&#39;s")):
        assert words in pages[path].decode()


RUMOUR = """
[[source]]
id = "a"
label = { ko = "a", en = "a" }
[[row]]
kind = "KR.WARRANT"
period = "2013"
requested = 1
source = "b"
"""


@pytest.mark.parametrize("text", ["", "= 1", RUMOUR])
def test_a_figure_of_others_without_a_source_is_a_bug(text: str) -> None:
    """It would be a rumour."""
    with pytest.raises(Bug):
        parse_history(text)


def test_everything_held_is_said_in_korean_too() -> None:
    """A column that is declared without its Korean would stand in English on the Korean page."""
    rows = held_rows()
    labels = [(row.name, label) for row in rows for label in (row.purpose, row.retention, row.legal_class)]
    assert [(name, label.en) for name, label in labels if not HANGUL.search(label.ko)] == []
    producible = {row.name for row in rows if row.producible}
    assert {"card.name", "card.encoded", "card.registered_day", "entry.epoch", "held.until_day"} <= producible
    assert not {"held.mark", "page.root", "epoch.root", "box.address", "frame.body"} & producible


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    """Templates and code name sentences by their key; computed keys by their section."""
    folder = Path(build.__code__.co_filename).parent
    source = "".join(p.read_text("utf-8") for p in [*folder.rglob("*.html"), *folder.glob("*.py")])
    computed = set(re.findall(r'"([a-z_]+\.[a-z_]*)"\s*~', source)) | set(re.findall(r'f"([a-z_]+\.)\{', source))
    unused = [key for key in WORDS if f'"{key}"' not in source and not any(key.startswith(p) for p in computed)]
    assert unused == []


UNEQUAL = ["[a]\nb = { en = 'x' }", "[a]\nb = { ko = '', en = 'x' }", "[a]\nb = { ko = '{x}', en = 'x' }", "b"]


@pytest.mark.parametrize("text", UNEQUAL)
def test_a_sentence_that_differs_between_languages_is_a_bug(text: str) -> None:
    """Both take the same values."""
    with pytest.raises(Bug):
        parse_words(text)


def test_every_kind_of_demand_can_be_told_in_words() -> None:
    """Gates, deadlines, durations and open questions of the taxonomy all have sentences."""
    words = WORDS
    rows = load().rows
    keys = {f"gate.{gate}" for row in rows for gate in row.gates}
    keys |= {f"timer.{timer.name}" for row in rows for timer in row.timers}
    keys |= {f"duration.{iso}" for row in rows for iso in (row.register.keep, *(timer.within for timer in row.timers))}
    assert keys - words.keys() == set()
    assert {field for row in rows for field in row.counsel} - set(ROW_FIELD.keys()) == set()


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "2026년 10월 7일 12:00 UTC"), ("en", "7 October 2026 12:00 UTC")]
)
def test_times_are_written_as_people_write_them(language: Any, said: str) -> None:  # noqa: ANN401 - a literal
    """With the zone."""
    assert said == Teller(language).moment(example().made_s)


def test_an_operator_without_a_log_or_a_demand_has_pages_too() -> None:
    """On the first day."""
    made = changed(figures=(), dsa=(), items=(), sealed=(), log=None, custodian_sha256=None, report_index=None)
    assert {"data/checkpoint.txt", "data/policy.txt"} == set(build(example(), load())) - set(made)
    assert "아직 보고한 반기가 없어" in made["ko/index.html"].decode()


def test_the_taxonomy_file_has_the_hash_that_the_foot_names(site: dict[str, bytes]) -> None:
    """`sha256sum taxonomy.json` is what the log carries."""
    assert sha256(site["data/taxonomy.json"]).hexdigest() == load().sha256.hex() == example().taxonomy_sha256


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "unknown key": lambda data: data.replace(b'{"contact"', b'{"also":1,"contact"'),
    "not canonical": lambda data: data.replace(b'"v":1', b'"v": 1'),
    "later version": lambda data: data.replace(b'"v":1', b'"v":2'),
    "cut": lambda data: data[:-1],
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_record_is_read_strictly(spoil: Callable[[bytes], bytes]) -> None:
    """Its encoding is the only one that is taken."""
    data = encode_publication(example())
    assert example() == read_publication(data)
    with pytest.raises(Malformed):
        read_publication(spoil(data))


def test_only_what_differs_is_written_and_what_is_gone_is_erased(site: dict[str, bytes], tmp_path: Path) -> None:
    """The folder holds exactly the site and its mark."""
    assert tuple(sorted(site)) == tuple(sorted(write_site(site, tmp_path)))
    (tmp_path / "ko/old.html").write_bytes(b"old")
    assert () == write_site(site, tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {*site, MARK} == found


def test_pages_are_written_after_what_they_link_to(site: dict[str, bytes], tmp_path: Path) -> None:
    """A reader in between finds no link to nothing."""
    written = write_site(site, tmp_path)
    first_page = next(number for number, path in enumerate(written) if path.endswith(".html"))
    assert all(path.endswith(".html") for path in written[first_page:])


def test_a_crash_is_mended_by_the_next_run(site: dict[str, bytes], tmp_path: Path) -> None:
    """What a crash leaves: a file half written beside its place, and pages of before."""
    write_site(changed(example=False), tmp_path)
    (tmp_path / "ko/.index.html.new").write_bytes(b"half")
    write_site(site, tmp_path)
    assert {*site, MARK} == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert site["ko/index.html"] == (tmp_path / "ko/index.html").read_bytes()


def test_a_folder_of_something_else_is_left_alone(site: dict[str, bytes], tmp_path: Path) -> None:
    """Nothing that we have not written is erased."""
    (tmp_path / "thesis.txt").write_bytes(b"mine")
    with pytest.raises(FolderTaken):
        write_site(site, tmp_path)
    assert ["thesis.txt"] == [path.name for path in tmp_path.iterdir()]
