"""The whole measurement on small societies: chosen elsewhere, reported plainly, the same twice."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.leakage import campaign, page, plots, tables
from bench.leakage.attackers import ATTACKERS, GROUPERS, guess_all, table
from bench.leakage.attackers.trained import Lesson, Table, by_halves, train
from bench.leakage.campaign import ActivityRow, Outcome, Plan, decode_choice, encode_choice, measure
from bench.leakage.designs import OURS, changed, every
from bench.leakage.first import Exchanged, first_right
from bench.leakage.guess import Pairs
from bench.leakage.intervals import Verdict
from bench.leakage.measure import Ranking, average_precision, rank
from bench.leakage.ran_on import commit, ran_on
from bench.leakage.rivals import RIVALS
from bench.leakage.rivals.groupids import GroupIds
from bench.leakage.rivals.queues import Queues
from bench.leakage.society import SMALL, Size, Society, make
from bench.leakage.tournament import LEARNS, NAMES, Choice, Design, EdgeRow, FirstRow, RoomRow, Trial, best
from bench.leakage.trace import Recording
from bench.leakage.views import View, see

pytestmark = pytest.mark.timeout(300)  # seconds on a quiet machine; the default of one minute is little on a busy one
GROUPER = next(iter(GROUPERS))
PLAN = Plan(Size(12, 1, 3.0), seeds=2, choice=2, changed=1, trees=5)


def stood_in(name: str, model: type[Queues | GroupIds]) -> Design:
    """A model under another name: the real core lives slowly."""

    def record(society: Society) -> Recording:
        return replace(model(society).recording(), design=name)

    return record


def designs() -> Mapping[str, Design]:
    other = changed("with something")
    return {
        OURS: stood_in(OURS, Queues),
        "static group ids": stood_in("static group ids", GroupIds),
        other: stood_in(other, Queues),
    }


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return measure(PLAN, designs(), lambda _: None)


def test_every_design_is_measured() -> None:
    """Ours, the models, and ours with each defence changed."""
    assert [OURS, *RIVALS] == list(every())[: 1 + len(RIVALS)]
    assert all(name.startswith(f"{OURS}, ") for name in list(every())[1 + len(RIVALS) :])


def test_attackers_are_chosen_on_other_societies(outcome: Outcome) -> None:
    """No seed is used for both, and every design and view has a choice."""
    assert not set(PLAN.reported) & set(PLAN.chosen_on)
    assert {row.seed for row in outcome.edges} == set(PLAN.reported)
    keys = {(row.design, row.view) for row in outcome.edges}
    assert keys == set(outcome.choice.pairs) == set(outcome.choice.groups)
    assert set(outcome.choice.pairs.values()) <= set(NAMES)
    assert set(outcome.choice.groups.values()) <= set(GROUPERS)


def test_all_attackers_are_published(outcome: Outcome) -> None:
    """One row for each attacker, society, design and view."""
    keys = [(row.design, row.view, row.seed, row.attacker) for row in outcome.edges]
    assert len(keys) == len(set(keys))
    expected = {(OURS, view, seed, name) for view in View for seed in PLAN.reported for name in ATTACKERS}
    assert expected <= set(keys)


def test_the_ablation_is_lived_in_fewer_societies(outcome: Outcome) -> None:
    """And of its snapshots only the memory is attacked, beside what passes."""
    rows = [row for row in outcome.edges if row.design == changed("with something")]
    assert {row.seed for row in rows} == {1}
    assert {row.view for row in rows} == {View.MEMORY, View.TAP, View.ADDRESSES, View.DIRECTORY}
    assert len(tables.ablation(outcome)) == 3


def test_the_outcome_is_the_same_twice() -> None:
    """Every figure."""
    plan = replace(PLAN, seeds=1)
    design = {OURS: stood_in(OURS, GroupIds)}
    one, two = (measure(plan, design, lambda _: None, processes=processes) for processes in (1, 2))
    assert one == two


@pytest.mark.slow
def test_what_repeats_attacks_can_be_left_out(tmp_path: Path) -> None:
    """The same edges and groups; neither first guesses nor activities, and neither on the page."""
    plan = replace(PLAN, seeds=1)
    designs = {OURS: stood_in(OURS, GroupIds)}
    whole, once = (measure(one, designs, lambda _: None) for one in (plan, replace(plan, over_time=False)))
    assert (whole.edges, whole.rooms, [], []) == (once.edges, once.rooms, once.first, once.activity)
    drawn = plots.draw(once, tmp_path)
    assert ["edges.svg"] == [plot.file for plot in drawn]
    texts = [page.write(one, plan, page.Pictures([]), "command", "a machine") for one in (whole, once)]
    for title in ("Messages until the first right guess", "What somebody is doing"):
        assert [True, False] == [title in text for text in texts]


def test_a_machine_may_be_seized_earlier_and_attackers_left_out(tmp_path: Path) -> None:
    """The page says both, and how many attackers are left."""
    plan = replace(PLAN, size=Size(12, 2, 3.0), seeds=1, choice=0, changed=0, over_time=False, seized=1,
                   untried=["same distance"])  # fmt: skip
    seen: list[Society] = []

    def models(society: Society) -> Recording:
        seen.append(society)
        return stood_in(OURS, Queues)(society)

    choice = Choice({(OURS, view): "co-occurrence" for view in View}, {(OURS, view): GROUPER for view in View})
    outcome = measure(plan, {OURS: models}, lambda _: None, choice)
    assert [(1, 1)] == [(society.seed, society.days) for society in seen]
    assert set(ATTACKERS) - {"same distance"} == {row.attacker for row in outcome.edges}
    written = page.write(outcome, plan, page.Pictures(plots.draw(outcome, tmp_path)), "command", "a machine")
    assert "seized on the evening of day 1" in written
    assert f"of all {len(NAMES) - 1};" in written
    assert "too much memory: same distance." in written


def test_attackers_that_were_chosen_before_are_reported(outcome: Outcome, tmp_path: Path) -> None:
    """For a society too large to live in twice: nobody is chosen or trained on it, and nothing is won or lost there."""
    path = tmp_path / "chosen.json"
    path.write_text(json.dumps(encode_choice(outcome.choice)))
    choice = decode_choice(json.loads(path.read_text()))
    assert outcome.choice == choice
    plan = replace(PLAN, seeds=1, choice=0)
    large = measure(plan, {OURS: stood_in(OURS, GroupIds)}, lambda _: None, choice)
    assert {1} == {row.seed for row in large.edges}
    assert LEARNS not in {row.attacker for row in large.edges}
    text = page.write(large, plan, page.Pictures([]), "command", "a machine")
    assert "was decided on the societies of another page" in text
    assert "Where we win" not in text
    top = {view: max(row.precision for row in large.edges if row.view == view) for view in View}
    assert [[view, f"{top[view]:.4f}"] for view in View] == [[row[0], row[3]] for row in tables.hindsight(large)[1:]]
    assert "## With hindsight" in text
    assert "## With hindsight" not in page.write(outcome, PLAN, page.Pictures([]), "command", "a machine")


def test_a_model_alone_is_beside_nothing(outcome: Outcome) -> None:
    """Its figures can be had without ours, although ours has chosen attackers."""
    alone = measure(replace(PLAN, seeds=1), {"a model": stood_in("a model", GroupIds)}, lambda _: None)
    alone.choice.pairs.update(outcome.choice.pairs)
    assert [] == tables.verdicts(alone)
    assert "win 0, tie 0, lose 0" in page.verdict_words(alone)


def test_an_outcome_survives_its_file(outcome: Outcome, tmp_path: Path) -> None:
    """Infinities and all."""
    outcome.write(tmp_path / "outcome.json")
    assert Outcome.read(tmp_path / "outcome.json") == outcome


def test_the_best_attacker_elsewhere_is_chosen() -> None:
    """By its mean over societies; one that was tried on fewer of them is none."""

    def row(seed: int, name: str, precision: float) -> EdgeRow:
        return EdgeRow("a", View.TAP, seed, name, 1, precision, 0, 0.1, 0, 0, 0)

    rows = [row(1, "co-occurrence", 0.5), row(2, "co-occurrence", 0.5), row(1, LEARNS, 0.9)]
    rows += [row(1, "event correlation", 0.9), row(2, "event correlation", 0.2)]
    assert best(((r.design, r.view), r.attacker, r.precision) for r in rows) == {("a", View.TAP): "event correlation"}


def test_who_learns_elsewhere_finds_more_than_nothing() -> None:
    """Trained on one society with static ids, tested on another."""
    lessons = []
    for seed in (11, 12):
        trial = Trial(GroupIds(make(seed, SMALL)).recording(), make(seed, SMALL))
        scene, _ = guess_all(see(trial.recording, View.TAP))
        judge = trial.judge(View.TAP, scene.cast)
        lessons.append((judge, judge.lesson(table(scene))))
    learned = train([lessons[0][1]])
    assert learned is not None
    judge, lesson = lessons[1]
    assert judge.row(LEARNS, learned(lesson.table)).precision > 0.9


def test_who_learns_can_be_judged_on_one_society() -> None:
    """On each half by the other; what it says is a score for every pair of the table, and finds the edges."""
    trial = Trial(GroupIds(make(11, SMALL)).recording(), make(11, SMALL))
    scene, _ = guess_all(see(trial.recording, View.TAP))
    judge = trial.judge(View.TAP, scene.cast)
    said = by_halves(judge.lesson(table(scene)))
    assert said is not None
    assert judge.row(LEARNS, said).precision > 0.8


def test_nothing_is_learned_from_nothing() -> None:
    """Too few edges, or no other pairs."""
    assert train([]) is None
    empty = Lesson(Table(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 1))), np.empty(0, bool))
    assert by_halves(empty) is None


# --------------------------------------------------------------------------------------------------- first guesses


def test_messages_until_the_first_right_guess(friends: Society) -> None:
    """An attacker who is right from the fifth message on, about two people."""
    exchanged = Exchanged(friends)
    fifth = sorted(exchanged._times[0].tolist())[4]
    truth = GroupIds(friends).recording().truth
    guess, nothing = Pairs.of({(0, 1): 1.0}), Pairs.none()

    def ranked(t: float) -> Ranking:
        return rank(guess if t >= fifth else nothing, {0: 0, 1: 1}, truth)

    found = first_right(exchanged, ranked, [0, 1])
    assert set(found) == {0, 1}
    assert all(5 <= messages <= 7 for messages in found.values())
    assert first_right(exchanged, lambda _: rank(nothing, {}, truth), [0]) == {0: math.inf}


def test_a_best_partner_that_is_wrong_is_not_right(friends: Society) -> None:
    """Account 0's best-scored partner is 2; only 1, whose best is 0, is guessed rightly."""
    truth = GroupIds(friends).recording().truth
    pairs = Pairs.of({(0, 2): 9.0, (0, 1): 5.0})
    found = first_right(Exchanged(friends), lambda _: rank(pairs, {0: 0, 1: 1, 2: 2}, truth), [0, 1])
    assert found[0] == math.inf
    assert math.isfinite(found[1])


# ------------------------------------------------------------------------------------------------------------ page


def edge_row(design: str, precision: float, seed: int, view: View = View.TAP) -> EdgeRow:
    return EdgeRow(design, view, seed, "co-occurrence", 3, precision, 0.05, 0.05, 0.04, 0.06, precision)


def outcome_of(ours: float, theirs: float) -> Outcome:
    """Two societies, every view alike."""
    keys = [(design, view) for design in (OURS, "other") for view in View]
    choice = Choice(dict.fromkeys(keys, "co-occurrence"), dict.fromkeys(keys, "invited together"))
    found = Outcome(choice=choice)
    for view in View:
        for seed in (1, 2):
            for design, value in ((OURS, ours), ("other", theirs)):
                found.edges.append(edge_row(design, value + seed / 100, seed, view))
            for design in (OURS, "other"):
                found.rooms.append(
                    RoomRow(design, view, seed, "invited together", 5, 2, 0.5, 0.1, 0.5 if design == OURS else None)
                )
                found.first.append(FirstRow(design, view, seed, [3.0, math.inf, math.inf]))
    found.activity = [ActivityRow(OURS, 1, [0.5, 0.6], {"write a text": 0.5}, 0.2, 5, 100, 20)]
    return found


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict", "sentence"),
    [
        (0.1, 0.5, Verdict.WIN, "**We leak less** in 5 of 5 rows"),
        (0.5, 0.1, Verdict.LOSE, "**We leak more** in 5 of 5 rows"),
        (0.3, 0.3, Verdict.TIE, "**No difference can be told** in 5 of 5 rows"),
    ],
)
def test_the_page_says_where_we_win_tie_and_lose(ours: float, theirs: float, verdict: Verdict, sentence: str) -> None:
    """From the figures; nothing is typed."""
    found = outcome_of(ours, theirs)
    assert {line.verdict for line in tables.verdicts(found)} == {verdict}
    assert sentence in page.write(found, PLAN, page.Pictures([]), "command", "a machine")


def test_the_page_says_how_ours_stands_in_what_somebody_is_doing() -> None:
    """Those rows are counted among what is won and lost."""
    found = outcome_of(0.1, 0.5)
    found.activity = [
        ActivityRow(OURS, seed, [0.9, 0.9 + seed / 100], {"read": 0.7}, 0.2, 5, 100, 20) for seed in (1, 2)
    ]
    found.activity += [
        ActivityRow("other", seed, [0.5, 0.5 + seed / 101], {"sit": 0.2}, 0.2, 5, 100, 20) for seed in (1, 2)
    ]
    text = page.write(found, PLAN, page.Pictures([]), "command", "a machine")
    assert "**We leak more** in 1 of 6 rows: what somebody is doing beside other" in text
    assert "Ours is the worst of the 2 designs here: that it is below every model was asked, and is missed." in text
    assert "| read | 0.700 | – |" in text
    assert "| sit | – | 0.200 |" in text


def test_what_is_at_rest_and_not_above_chance_is_a_tie() -> None:
    """However far apart two rankings of noise are."""
    lines = tables.verdicts(outcome_of(0.02, 0.04))
    assert {line.verdict for line in lines if line.view in {View.DISK, View.MEMORY}} == {Verdict.TIE}
    assert {line.verdict for line in lines if line.view is View.TAP} == {Verdict.WIN}


def test_a_tap_that_begins_later_tells_old_friends_apart(tmp_path: Path) -> None:
    """Rows for what passes, a table on the page, and nothing of it where the tap was there from the beginning."""
    plan = replace(PLAN, seeds=1, over_time=False, tap_from=0.6)
    found = measure(plan, {OURS: stood_in(OURS, GroupIds)}, lambda _: None)
    assert {row.view for row in found.late} == {View.TAP, View.ADDRESSES, View.DIRECTORY}
    assert all(0 <= row.friends <= 1 and 0 <= row.met <= 1 for row in found.late)
    found.write(tmp_path / "outcome.json")
    assert Outcome.read(tmp_path / "outcome.json") == found
    title = "Friends of old, and who met under the tap"
    assert title in page.write(found, plan, page.Pictures([]), "command", "a machine")
    assert title not in page.write(outcome_of(0.1, 0.5), PLAN, page.Pictures([]), "command", "a machine")


def test_the_page_says_whether_the_disk_is_above_chance() -> None:
    """View by view."""
    assert "**V1**: the guess is above chance in none of 2 societies" in page.write(
        outcome_of(0.03, 0.5), PLAN, page.Pictures([]), "command", "a machine"
    )
    assert "**V2**: the guess is above chance in 2 of 2 societies" in page.write(
        outcome_of(0.3, 0.5), PLAN, page.Pictures([]), "command", "a machine"
    )


def test_the_page_names_machine_limits_and_models() -> None:
    """And never more than was measured: a median that is not there is *never*."""
    text = page.write(outcome_of(0.1, 0.5), PLAN, page.Pictures([]), "make something", "a machine")
    assert "a machine" in text
    assert "make something" in text
    assert "never" in text
    assert "What this cannot say" in text
    assert all(name in text for name in RIVALS)
    assert "What each defence is worth" not in text


def test_what_it_ran_on_has_the_commit(tmp_path: Path) -> None:
    """Of a client that changes, a figure says little without saying which it was."""
    assert commit(tmp_path) == "no commit that is known"
    git = ("git", "-C", str(tmp_path), "-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    for words in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "one")):
        subprocess.run((*git, *words), check=True)
    first = commit(tmp_path)
    assert len(first) == 7
    (tmp_path / "a").write_text("a", encoding="utf-8")
    subprocess.run((*git, "add", "a"), check=True)
    assert commit(tmp_path) == f"{first}-dirty"
    assert "numpy" in ran_on()


@pytest.mark.slow
def test_plots_are_the_same_bytes_and_have_words(outcome: Outcome, tmp_path: Path) -> None:
    """Drawn twice; the alternative text has every design."""
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        drawn.append(plots.draw(outcome, tmp_path / name))
    for plot in drawn[0]:
        one, two = ((tmp_path / name / plot.file).read_bytes() for name in ("one", "two"))
        assert one == two
        assert one.startswith(b"<?xml")
        assert OURS in plot.alt or "product" in plot.alt
    assert [plot.file for plot in drawn[0]] == ["edges.svg", "first.svg", "ablation.svg"]
    text = page.write(outcome, PLAN, page.Pictures(drawn[0], "leakage/"), "command", "a machine")
    assert all(f"](leakage/{plot.file})" in text for plot in drawn[0])


def test_tables_are_aligned_and_whole(outcome: Outcome) -> None:
    """Every row has as many cells as the heading."""
    for one in (tables.edges(outcome), tables.attackers(outcome), tables.groups(outcome), tables.first(outcome)):
        assert {len(row) for row in one} == {len(one[0])}
        lines = tables.as_text(one).splitlines()
        assert len(lines) == len(one) + 1
        assert tables.as_markdown(one).count("\n") == len(one)


def test_medians_are_over_people_and_bear_never() -> None:
    """Pooled over societies; half who were never guessed make *never*."""
    assert tables.median([[1.0, 2.0, 3.0], [2.0, 2.0, 9.0]]).startswith("2 (")
    assert tables.median([[1.0, math.inf, math.inf]]) == "never (never–never)"


def test_a_perfect_attacker_has_average_precision_one_in_the_rows() -> None:
    """The plan's societies have edges to find."""
    truth = GroupIds(make(1, PLAN.size)).recording().truth
    everybody = {account: account for account in range(truth.accounts)}
    assert truth.talks
    assert average_precision(rank(Pairs.of(dict.fromkeys(truth.talks, 1.0)), everybody, truth)) == pytest.approx(1.0)
    assert np.isfinite(campaign.CHOICE_SEEDS_FROM)


def test_where_nobody_learned_the_best_that_played_is_reported() -> None:
    """A choice that was made elsewhere may be of the attacker that learns; on a page without lessons it has no rows."""
    outcome = Outcome()
    outcome.edges = [
        EdgeRow(OURS, View.TAP, seed, name, 1, precision, 0.1, 0.1, 0.1, 0.1, 0.1)
        for seed, name, precision in ((1, "weak", 0.1), (1, "strong", 0.4), (2, "strong", 0.3), (2, "weak", 0.2))
    ]
    outcome.choice = Choice({(OURS, View.TAP): LEARNS}, {(OURS, View.TAP): "groups"})
    outcome.choose_without_learning()
    assert Choice({(OURS, View.TAP): "strong"}, {(OURS, View.TAP): "groups"}) == outcome.choice
    assert [0.4, 0.3] == [row.precision for row in outcome.reported(OURS, View.TAP)]
