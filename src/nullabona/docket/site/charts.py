"""The two charts of the site and the sentences that say the same."""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.docket.site.chart import Chart, make_chart
from nullabona.docket.site.figures import total_of
from nullabona.docket.site.history import History
from nullabona.docket.site.publication import Counts, Figure
from nullabona.docket.site.telling import Teller


def outcome_chart(figures: Sequence[Figure], t: Teller) -> Chart:
    """How the demands of each half-year were answered, oldest first; only what is exact."""
    halves = sorted({figure.half for figure in figures if figure.counts is not None})
    totals = [(half, total_of([figure for figure in figures if figure.half == half])) for half in halves]
    said = " ".join(
        t(
            "figures.chart_row",
            half=t.half(half),
            received=t.number(counts.received),
            no_data=t.number(counts.answered_no_data),
            produced=t.number(counts.produced),
            rejected=t.number(counts.closed_without),
            pending=t.number(counts.pending),
        )
        for half, counts in totals
    )
    kinds = [(kind, t(f"figures.{kind}")) for kind in ("no_data", "produced", "rejected", "pending")]
    rows = [(t.half(half), _parts(counts)) for half, counts in totals]
    return make_chart(t("figures.chart_outcomes"), t("figures.chart_outcomes_alt", rows=said), rows, kinds)


def history_chart(history: History, t: Teller) -> Chart:
    """The 147 interception requests by half-year."""
    rows = [(t.half(row.period), (("then", row.requested),)) for row in history.interception]
    said = " ".join(
        t("figures.chart_history_row", half=t.half(row.period), count=row.requested) for row in history.interception
    )
    return make_chart(t("figures.chart_history"), said, rows, ())


def _parts(counts: Counts) -> tuple[tuple[str, int], ...]:
    return (
        ("no_data", counts.answered_no_data),
        ("produced", counts.produced),
        ("rejected", counts.closed_without),
        ("pending", counts.pending),
    )
