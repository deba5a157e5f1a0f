"""The record is what the public log says: drawn up from a witnessed log that a desk has really written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullabona.cli.docket.group import docket
from nullabona.cli.root import run
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.terms import term_of
from nullabona.docket.site import build, read_publication
from nullabona.docket.site.publication import ClassResult, Counts, Interval, Publication
from nullabona.docket.site.recounted import About, log_view, record_of
from nullabona.docket.taxonomy import load
from nullabona.wire.demands import Label
from tests.docket.desks import NOON
from tests.docket.publishing import POLICY, PublicOffice

pytestmark = pytest.mark.slow
ABOUT = About(Label("눌라보나 릴레이", "Nullabona Relay"), "legal@relay.example", "ab" * 32)
HALF = f"{term_of(NOON)[:4]}-{term_of(NOON)[4:]}"


@pytest.fixture
def reported(public_office: PublicOffice) -> PublicOffice:
    """A desk that answered one demand, opened it, and entered its report."""
    public_office.whole()
    public_office.report(term_of(NOON))
    public_office.tick()
    return public_office


def drawn_up(office: PublicOffice) -> Publication:
    """The record of an office's public log."""
    verification = office.verify()
    assert () == verification.findings
    assert verification.recount is not None
    note = (office.public / "checkpoint").read_bytes()
    view = log_view(note, POLICY, "https://relay.example/docket", verification.recount)
    return record_of(verification.recount, view, ABOUT, load(), office.clock())


def test_the_record_says_what_the_log_says(reported: PublicOffice) -> None:
    """One warrant: its figures, its answers, the band of what is counted in bands, and what is still sealed."""
    record = drawn_up(reported)
    exact = {figure.instrument: figure.counts for figure in record.figures if figure.counts}
    bands = {figure.instrument: figure.demands for figure in record.figures if figure.demands}
    assert ({"KR.WARRANT"}, {"US.NSL": Interval(0, 999)}) == (set(exact), bands)
    counts = exact["KR.WARRANT"]
    assert isinstance(counts, Counts)
    assert (1, 1, 0, 1) == (counts.received, counts.produced, counts.pending, counts.accounts_produced)
    (item,) = record.items
    assert (HALF, "KR.WARRANT", NOON // DAY, "barred") == (item.half, item.instrument, item.received_day, item.notice)
    assert ClassResult("content", "not_held") in item.answers
    sealed, _ = record.sealed
    assert (sealed.slots - sealed.opened, 0) == (sealed.sealed.high, sealed.sealed.low)


def test_the_entries_that_are_named_are_the_ones(reported: PublicOffice) -> None:
    """The report and the opening of the answer lie where the page says."""
    record = drawn_up(reported)
    assert record.report_index is not None
    (item,) = record.items
    assert item.log_index is not None
    assert (True, True) == (
        b'"kind":"report"' in reported.log.entry(record.report_index),
        b'"event":"answered"' in reported.log.entry(item.log_index),
    )


def test_every_entry_that_a_page_names_is_there_to_read(reported: PublicOffice) -> None:
    """A number alone leads nowhere: each is a link to the very bytes of the log, the report's as well."""
    made = build(drawn_up(reported), load())
    pages = [page.decode() for name, page in made.items() if name.startswith("ko/")]
    named = [number for page in pages for number in re.findall(r"기록부 ([\d,]+)번", page)]
    link = re.compile(r'"\.\./data/entries/(\d+)\.json">기록부 ([\d,]+)번')
    linked = [found for page in pages for found in link.findall(page)]
    assert 2 == len(named) == len(linked)
    for index, number in linked:
        assert index == number.replace(",", "")
        said = reported.log.entry(int(index))[1:]  # after the byte that tells a statement from a slot
        assert said == made[f"data/entries/{index}.json"]


def test_pages_can_be_made_of_it(reported: PublicOffice) -> None:
    """Nothing in it is more than the law allows."""
    made = build(drawn_up(reported), load())
    assert "압수수색영장" in made["ko/demands.html"].decode()


def test_a_log_without_a_report_has_no_figures(public_office: PublicOffice) -> None:
    """A figure is on a page only once it is in the log."""
    public_office.whole()
    record = drawn_up(public_office)
    assert ((), None) == (record.figures, record.report_index)


def arguments(office: PublicOffice, folder: Path) -> list[str]:
    """The command that draws the record up."""
    policy = folder / "policy"
    policy.write_text(POLICY, "utf-8")
    named = ["--name", "Nullabona Relay", "--name-ko", "눌라보나 릴레이", "--contact", "legal@relay.example"]
    return ["record", str(office.public), "--policy", str(policy), *named, "--at", str(office.clock())]


def test_the_command_reads_public_files_alone(reported: PublicOffice, tmp_path: Path) -> None:
    """And says the same."""
    done = CliRunner().invoke(docket, arguments(reported, tmp_path), catch_exceptions=False)
    assert drawn_up(reported).figures == read_publication(done.stdout_bytes).figures


def test_a_log_that_does_not_hold_gives_no_record(
    reported: PublicOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An altered entry ends with 3 and a sentence."""
    for bundle in (path for path in (reported.public / "tile/entries").rglob("*") if path.is_file()):
        bundle.chmod(0o600)
        data = bytearray(bundle.read_bytes())
        data[200] ^= 1
        bundle.write_bytes(data)
    with pytest.raises(SystemExit) as end:
        run(["docket", *arguments(reported, tmp_path), "--lang", "en"])
    assert (3, True) == (end.value.code, "[docket-does-not-hold]" in capsys.readouterr().err)
