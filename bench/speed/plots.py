"""One plot for each workload as SVG: readable in print and without colour, the same bytes for the same data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.peers.registry import CEILING
from bench.speed import page, tables
from bench.speed.arithmetic import spread
from bench.speed.records import Results
from bench.speed.workloads import WORKLOADS, Workload

OURS_COLOUR: Final = "#0072b2"
CEILING_COLOUR: Final = "#e69f00"
OTHER_COLOUR: Final = "#7f7f7f"
"""Of Okabe and Ito's colours, and grey; ours is hatched as well."""
SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "speed",
    "svg.fonttype": "path",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(results: Results, folder: Path) -> list[str]:
    """Write the plot of every workload that was measured; their files."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(SETTINGS):
        return [file for workload in WORKLOADS if (file := _draw(results, workload, folder))]


def _draw(results: Results, workload: Workload, folder: Path) -> str:
    found = {
        name: spread(list(v.values())) for name in tables.names(results) if (v := results.values(name, workload.name))
    }
    if not found:
        return ""
    figure = Figure(figsize=(7.5, 0.9 + 0.34 * len(found)))
    axes = figure.subplots()
    floor = min(each.low for each in found.values()) / 3
    for place, (name, each) in enumerate(found.items()):
        ours = name.startswith("nullabona")
        colour = OURS_COLOUR if ours else CEILING_COLOUR if name == CEILING else OTHER_COLOUR
        axes.barh(place, each.median - floor, left=floor, color=colour, hatch="//" if ours else "", edgecolor="white")
        error = [[each.median - each.low], [each.high - each.median]]
        axes.errorbar([each.median], [place], xerr=error, color="black", capsize=3, linewidth=1)
        axes.annotate(f" {tables.figure(each.median)}", (each.high, place), va="center", fontsize=9)
    axes.set_yticks(range(len(found)), list(found))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(left=floor, right=max(each.high for each in found.values()) * 4)
    axes.set_xlabel(f"{workload.unit} (logarithmic)")
    alt = page.alt(results, workload)
    file = f"{workload.name}.svg"
    metadata = {"Date": None, "Description": alt}
    figure.savefig(folder / file, format="svg", metadata=metadata, bbox_inches="tight")
    return file
