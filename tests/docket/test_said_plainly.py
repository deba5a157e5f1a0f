"""Figures that were not reported yet, the authority's name, whose days they are, and what a demand rests on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click
import msgspec
import pytest

from nullabona.cli.docket.chosen import Chosen
from nullabona.cli.docket.show import show_case
from nullabona.docket.core.records import ClassAnswer, Decision
from nullabona.docket.production import certificate
from nullabona.docket.production.certificate import MANIFEST
from nullabona.docket.production.manifest import Manifest, encode_manifest, read_manifest
from nullabona.docket.production.statement import moment
from nullabona.docket.site import build
from nullabona.docket.taxonomy import load
from tests.docket.desks import Clock, Office, demand
from tests.docket.example_site import example
from tests.docket.packages import contents, order, packager

NAMED = "서울중앙지방법원"


def made(*, name: str) -> Manifest:
    """The manifest of a production for an authority of this name."""
    return read_manifest(contents(packager()(replace(order("subscriber"), authority_name=name)))[MANIFEST])


def facts(manifest: Manifest) -> dict[str, str]:
    """What the certificate says of the demand, by its English label."""
    return {fact["label"]["en"]: fact["value"] for fact in certificate._facts(manifest)}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_a_report_there_are_no_figures(language: str) -> None:
    """Not even a zero, and nobody says that nothing came: demands are listed all the same."""
    said = {"ko": "아직 보고한 반기가 없어", "en": "No half-year has been reported yet"}[language]
    pages = build(msgspec.structs.replace(example(), figures=(), report_index=None), load())
    index, figures, demands = (pages[f"{language}/{name}.html"].decode() for name in ("index", "figures", "demands"))
    assert (True, True) == (said in index, said in figures)
    assert "받은 요청이 없습니다" not in index + figures
    assert "No demand has been received" not in index + figures
    assert not re.search(r"<dd>0</dd>", index)
    assert example().items[0].instrument.lower().replace(".", "-") in demands


def test_with_a_report_the_pages_have_figures() -> None:
    """And the sentence is gone."""
    index = build(example(), load())["en/index.html"].decode()
    assert (False, True) == ("No half-year has been reported" in index, '<dl class="numbers">' in index)


def test_the_certificate_names_the_authority() -> None:
    """By the name in the registry, with its id beside it; an authority without one by its id."""
    assert f"{NAMED}  (seoul-central)" == facts(made(name=NAMED))["Authority"]
    assert "seoul-central" == facts(made(name=""))["Authority"]


def test_a_package_of_before_can_be_read() -> None:
    """Its manifest says nothing of a name, and encodes to the same bytes."""
    before = made(name="")
    assert b"authority_name" not in encode_manifest(before)
    assert before == read_manifest(encode_manifest(before))


def test_the_desk_takes_the_name_from_the_registry(office: Office) -> None:
    """When the package is ordered."""
    office.register()
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    decision = Decision("produce", (ClassAnswer("subscriber", "produced"), ClassAnswer("content", "not_held")))
    assert "서울경찰청" == office.desk.order(office.who("cora"), case, decision).authority_name


def test_times_say_where_they_are_read() -> None:
    """A moment in UTC and in Korea's time, a period and a day that was measured in UTC."""
    assert "2026-10-07 20:00 UTC (2026-10-08 05:00 KST)" == moment(1_791_403_200)
    manifest = made(name=NAMED)
    days = [certificate._value(field)["value"] for field in manifest.fields if field.field.endswith("_day")]
    assert (True, ["2026-02-17 (UTC)"]) == (facts(manifest)["Period asked for"].endswith(" (UTC)"), days)


def test_show_says_what_a_demand_rests_on(
    office: Office, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Basis, day of issue and period: what the reviewer compares with the original."""
    case = office.take_in(given=demand(clock, issued_day=20_799, from_day=20_700, to_day=20_710))
    (tmp_path / "docket.toml").write_text(
        'operator = "x"\norigin = "relay.example/docket"\ndirectory = "relay"\nlog_keys = "log.keys"\n'
        'policy = "policy"\nzone = "Asia/Seoul"\n'
    )
    context = click.Context(click.Command("show"), obj=Chosen(tmp_path))
    with context:
        show_case(context, office.desk.show(office.who("rea"), case))
    rows = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in capsys.readouterr().out.splitlines())
    told = ("형사소송법 제215조", "2026-12-12", "2026-09-04 to 2026-09-14 (UTC)")
    assert told == (rows["legal basis"], rows["issued"], rows["period"])
    assert rows["received"].endswith(" KST")
