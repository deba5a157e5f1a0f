"""Disk and memory over many societies: what counts as above chance, what the page says of it, and its figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.leakage import at_rest
from bench.leakage.at_rest import AT_REST, CHOSEN, Outcome, Row, above_chance, page, table_of
from bench.leakage.rivals.plaintext import Plaintext
from bench.leakage.society import Size, make
from bench.leakage.views import View

SIZE = Size(20, 1, 4.0)


def rows(attacker: str, *above: float, view: View = View.DISK, guessed: int = 9) -> list[Row]:
    """Of one attacker, so far above chance in each society."""
    return [Row(str(view), attacker, seed, guessed, 0.5 + more, 0.5, 0.625) for seed, more in enumerate(above, 1)]


def outcome(*, chosen: float) -> Outcome:
    found = [row for view in AT_REST for row in rows(CHOSEN, chosen - 0.001, chosen, chosen + 0.001, view=view)]
    found += [row for view in AT_REST for row in rows("better", 0.2, 0.3, 0.4, view=view)]
    found += [row for view in AT_REST for row in rows("names nobody", 0.0, 0.0, 0.0, view=view, guessed=0)]
    return Outcome("python -m it", "a machine", SIZE, {str(view): ["one", "another"] for view in AT_REST}, found)


def test_a_guess_is_above_chance_if_its_interval_is() -> None:
    """By Student's t: of ±0.001 around 0.003 with three societies the half width is 4.303 · 0.001 / √3."""
    its = above_chance(rows("it", 0.002, 0.003, 0.004))
    assert its.mean == pytest.approx(0.003)
    assert its.wide == pytest.approx(4.3027 * 0.001 / 3**0.5, rel=1e-4)
    assert its.found
    assert not above_chance(rows("it", 0.001, 0.002, 0.003)).found
    assert not above_chance(rows("it", -0.002, -0.003, -0.004)).found


def test_societies_above_most_chances_are_counted() -> None:
    """What is equal to where 95 of 100 chances end is not above it."""
    assert above_chance(rows("it", 0.125, 0.126, -0.05, 0.2)).times == 2


def test_one_society_tells_nothing() -> None:
    """No spread, no interval."""
    with pytest.raises(ValueError, match="one society tells nothing of luck"):
        above_chance(rows("it", 0.01))


def test_the_chosen_attacker_stands_first_and_who_names_nobody_is_left_out() -> None:
    """The others follow by how much they found."""
    table = table_of(outcome(chosen=0.0))
    assert [row[:2] for row in table[1:]] == [[view, name] for view in AT_REST for name in (f"**{CHOSEN}**", "better")]
    assert table[1][2:] == ["9", "0.5000", "0.5000", "+0.0000 ± 0.0025", "0 of 3"]
    assert table[2][-1] == "3 of 3"


@pytest.mark.parametrize(("chosen", "said"), [(0.0, "cannot be told from chance"), (0.01, "is above chance")])
def test_the_page_says_both(tmp_path: Path, chosen: float, said: str) -> None:
    """Of the chosen attacker alone, for each view; from figures that were kept."""
    kept = tmp_path / "figures.json"
    kept.write_text(json.dumps(asdict(outcome(chosen=chosen))), "utf-8")
    assert Outcome.read(kept) == outcome(chosen=chosen)
    text = " ".join(page(Outcome.read(kept)).split())
    assert text.count(said) == text.count("(another and one)") == len(AT_REST)
    assert "`python -m it`" in text
    assert "Of the 2 rows of single attackers below, 2 have an interval above zero" in text


def test_a_machine_that_knows_everybody_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a model whose disk names who writes to whom in place of ours: the measure sees it, in both views."""
    monkeypatch.setattr(at_rest, "ROUNDS", 100)
    monkeypatch.setattr(at_rest, "recorded", lambda seed, size: Plaintext(make(seed, size)).recording())
    taught = [at_rest.teach(SIZE, seeds) for seeds in ((4,), (5,))]
    found = [row for seed in (1, 2, 3) for row in at_rest.measure_one(SIZE, taught, seed)]
    for view in AT_REST:
        its = above_chance([row for row in found if (row.view, row.attacker) == (view, CHOSEN)])
        assert its.found
        assert its.times == its.societies == 3


def test_nobody_is_judged_by_what_their_own_half_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an even society the odd ones chose, and the other way round."""
    monkeypatch.setattr(at_rest, "ROUNDS", 10)
    monkeypatch.setattr(at_rest, "recorded", lambda seed, size: Plaintext(make(seed, size)).recording())
    names = [{(Plaintext.name, view): name for view in AT_REST} for name in ("co-occurrence", "same size")]
    for seed, expected in ((4, names[1]), (5, names[0])):
        found = at_rest.measure_one(SIZE, [(each, {}) for each in names], seed)
        for view in AT_REST:
            by_name = {row.attacker: row.precision for row in found if row.view == view}
            assert by_name[CHOSEN] == by_name[expected[Plaintext.name, view]]
            assert by_name["co-occurrence"] != by_name["same size"]
