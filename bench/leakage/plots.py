"""Plots of an outcome as SVG: readable in print and without colour, the same bytes for the same data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.leakage import tables
from bench.leakage.campaign import Outcome
from bench.leakage.intervals import Interval, over_seeds
from bench.leakage.tournament import LIVE
from bench.leakage.views import View

PALETTE: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442")
"""Okabe and Ito's colours, which people with any kind of colour vision tell apart."""
MARKERS: Final = "osD^vPX*"


@dataclass(frozen=True, slots=True)
class Plot:
    """A file and what it shows, in words."""

    file: str
    alt: str


def draw(outcome: Outcome, folder: Path) -> list[Plot]:
    """Write every plot that the outcome has data for."""
    settings: dict[Any, Any] = {
        "svg.hashsalt": "leakage",
        "svg.fonttype": "path",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(settings):
        made = [_edges(outcome, folder)]
        if outcome.first:
            made.append(_first(outcome, folder))
        if len(tables.ablation(outcome)) > 1:
            made.append(_ablation(outcome, folder))
    return made


def _save(figure: Figure, folder: Path, name: str, alt: str) -> Plot:
    figure.savefig(folder / name, format="svg", metadata={"Date": None, "Description": alt}, bbox_inches="tight")
    return Plot(name, alt)


def _points(axes: Axes, at: float, interval: Interval, style: int, label: str) -> None:
    """A mean with its interval, told apart by colour and shape."""
    error = [[max(0.0, interval.mean - interval.low)], [max(0.0, interval.high - interval.mean)]]
    axes.errorbar(
        [at],
        [interval.mean],
        yerr=error,
        fmt=MARKERS[style % len(MARKERS)],
        color=PALETTE[style % len(PALETTE)],
        capsize=3,
        markersize=6,
        label=label,
    )


def _edges(outcome: Outcome, folder: Path) -> Plot:
    names = tables.main_designs(outcome)
    figure = Figure(figsize=(7.5, 4.0))
    axes = figure.subplots()
    for style, design in enumerate(names):
        for place, view in enumerate(View):
            shift = (style - (len(names) - 1) / 2) * 0.13
            label = design if place == 0 else "_"
            _points(axes, place + shift, tables.precision(outcome, design, view), style, label)
    base = over_seeds([row.base for row in outcome.reported(names[0], View.TAP)]).mean
    axes.axhline(base, color="0.4", linestyle="--", linewidth=1, label="chance")
    axes.set_xticks(range(len(View)), _views(View))
    axes.set_ylim(-0.02, 1.05)
    axes.set_ylabel("average precision of who talks with whom")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    said = "; ".join(
        f"{design}: " + ", ".join(f"{view} {tables.precision(outcome, design, view).mean:.2f}" for view in View)
        for design in names
    )
    return _save(figure, folder, "edges.svg", f"Average precision by view. {said}. Chance {base:.3f}.")


def _views(views: Sequence[View] | type[View]) -> list[str]:
    short = {
        "V1": "disk",
        "V2": "disk and\nmemory",
        "V3": "tap",
        "V4": "tap with\naddresses",
        "V5": "tap and\ndirectory",
    }
    return [f"{view}\n{short[view]}" for view in views]


def _first(outcome: Outcome, folder: Path) -> Plot:
    names = tables.main_designs(outcome)
    figure = Figure(figsize=(7.5, 3.6))
    panels = figure.subplots(1, len(LIVE), sharey=True)
    words = []
    for axes, view in zip(panels, LIVE, strict=True):
        for style, design in enumerate(names):
            by_seed = [row.messages for row in outcome.first if (row.design, row.view) == (design, view)]
            found = np.sort(np.concatenate([np.asarray(messages) for messages in by_seed]))
            share = np.arange(1, len(found) + 1) / len(found)
            axes.step(
                found[np.isfinite(found)],
                share[np.isfinite(found)],
                where="post",
                color=PALETTE[style],
                linestyle=("-", "--", "-.", ":", (0, (5, 1)))[style % 5],
                label=design,
            )
            words.append(f"{view} {design}: {np.mean(np.isfinite(found)):.0%} found, {tables.median(by_seed)} messages")
        axes.set_xscale("log")
        axes.set_title(view)
        axes.set_xlabel("messages")
    panels[0].set_ylabel("people guessed rightly")
    panels[-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return _save(figure, folder, "first.svg", "Messages until the first right guess. " + "; ".join(words) + ".")


def _ablation(outcome: Outcome, folder: Path) -> Plot:
    names = tables.ours(outcome)
    figure = Figure(figsize=(7.5, 4.0))
    axes = figure.subplots()
    for style, view in enumerate(LIVE):
        for place, design in enumerate(names):
            label = view if place == 0 else "_"
            _points(axes, place + (style - 1) * 0.16, tables.precision(outcome, design, view), style, label)
    axes.set_xticks(
        range(len(names)), [name.partition(", ")[2] or "product" for name in names], rotation=30, ha="right"
    )
    axes.set_ylim(-0.02, 1.05)
    axes.set_ylabel("average precision")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    said = "; ".join(f"{name}: {tables.precision(outcome, name, View.TAP).mean:.2f}" for name in names)
    return _save(
        figure, folder, "ablation.svg", f"Average precision of ours with one defence changed, view V3. {said}."
    )
