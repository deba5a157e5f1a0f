"""Every drill: its command, the lines of spec/threat-model.md that it puts to the test, and what it can be asked.

A drill is a folder of the same name; ``report.run`` there plays it. A test compares the lines with those of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from nullabona.drills.reporting.report import Played
from nullabona.drills.reporting.text import Tell
from nullabona.extras import require

_FOLDER: Final = click.Path(path_type=Path, exists=True, file_okay=False)
_DATA: Final = click.Option(
    ["--data"], type=_FOLDER, required=True, metavar="DIR", help="The relay's data directory."
)  # fmt: skip
_ONLY: Final = click.Option(
    ["--only"],
    multiple=True,
    metavar="LINE",
    help="Play no more than this line of the threat model needs, and report on it alone; may be repeated.",
)


@dataclass(frozen=True, slots=True)
class Drill:
    """One row."""

    name: str
    about: str
    """What the help of its command says."""
    proves: tuple[str, ...]
    options: tuple[click.Option, ...] = ()
    """Each is an argument of ``report.run`` by the same name."""
    in_all: tuple[tuple[str, ...], ...] = ((),)
    """With which words on its command line ``nulla drill all`` plays it, once each."""
    extra: str = ""
    """Of the package, that it needs."""

    @property
    def folder(self) -> str:
        """Of its modules."""
        return self.name.replace("-", "_")

    def run(self, tell: Tell, **options: Any) -> Played:  # noqa: ANN401 - as its command line gives them
        """Play it and say meanwhile what happens. Raises `ExtraMissing`, and what goes wrong."""
        if self.extra:
            require(self.extra)
        played: Played = import_module(f"nullabona.drills.{self.folder}.report").run(tell, **options)
        return played


_ROWS: Final = (
    Drill(
        "warrant",
        "An officer with a warrant for an account: what they carry away.",
        ("W-01", "W-02", "W-03", "W-06", "W-10", "W-11", "W-12", "W-13", "W-14", "W-16"),
        (
            _DATA,
            click.Option(["--handle"], required=True, metavar="NAME@HOST", help="The account that the warrant names."),
        ),
        in_all=(),  # the demo plays it
    ),
    Drill(
        "seizure",
        "The machine is carried away: search its disks and memory for planted secrets.",
        tuple("S-01 S-02 S-03 S-04 S-05 S-10 S-11 S-12 S-13 S-14 S-15 S-16 S-17 S-29".split()),
        (
            _DATA,
            click.Option(["--pid"], type=int, metavar="PID", help="The running relay, to search its memory (as root)."),
            click.Option(
                ["--secrets"],
                type=click.Path(path_type=Path),
                required=True,
                metavar="FILE",
                help='What to look for, a JSON object per line: {"kind": "text", "label": "message 1", "value": "..."}'
                "; kinds: text, room, name, phrase, address, key (hex).",
            ),
            click.Option(
                ["--also"],
                type=click.Path(path_type=Path, exists=True),
                multiple=True,
                metavar="PATH",
                help="Search this file or directory too (logs, temporary files, backups); may be repeated.",
            ),
            click.Option(
                ["--control"],
                type=int,
                metavar="PID",
                help="A relay that nobody ever used: words it has in memory as well are not counted.",
            ),
        ),
        in_all=(),  # the demo plays it
    ),
    Drill(
        "demo",
        "The whole story: people talk, the relay is searched, seized, emptied, and nothing is lost.",
        ("S-20", "S-21", "R-10"),
        (
            click.Option(
                ["--chat"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                envvar="DEMO_CHAT",
                help="Hold this conversation, lines of `name: text`, instead of ours (or set DEMO_CHAT).",
            ),
            click.Option(
                ["--keep"],
                type=click.Path(path_type=Path, file_okay=False),
                metavar="DIR",
                help="Play in this empty folder and keep it: the relay's data and everybody's profile.",
            ),
            click.Option(
                ["--desk/--no-desk"],
                default=True,
                help="With the legal desk's act, if a desk is installed, or without.",
            ),
            _ONLY,
        ),
    ),
    Drill(
        "tap",
        "The operator listens in on everything, from now on: what is read, and what is inferred all the same.",
        tuple("T-01 T-02 T-03 T-04 T-10 T-13 T-14 T-15 T-16 T-17 T-19 T-21 T-22 S-25 W-05".split()),
    ),
    Drill(
        "removal",
        "An order to find and delete a message and a picture; the operator helps, and a member turns informant.",
        ("X-01", "X-02", "X-03", "X-04", "X-10", "X-11", "X-12", "X-13", "X-14", "X-15", "R-02"),
        (_ONLY,),
    ),
    Drill(
        "insider",
        "Members, and one who was removed, turn all they know against a room: who loses it, for how long, at what "
        "cost?",
        ("F-11", "R-17", "E-30", "E-31", "E-32", "E-33", "E-34", "E-35"),
        (_ONLY,),
    ),
    Drill(
        "stolen-device",
        "A device is taken, locked or open: what its past and its future yield, and what its owner can do.",
        tuple("D-01 D-02 D-03 D-04 D-07 D-08 D-10 D-11 D-13 D-14 D-20 D-23 R-14".split()),
        (_ONLY,),
    ),
    Drill(
        "coerced-operator",
        "A relay that hides, holds back, exchanges, repeats, garbles, denies, shows two histories and false cards.",
        ("L-01", "L-02", "L-10", "L-11", "L-13", "L-16"),
        (_ONLY,),
    ),
    Drill(
        "loss",
        "The machine is taken while many people talk, an empty one takes its place: what is lost, and for how long?",
        ("S-22", "S-24"),
        (
            click.Option(
                ["--accounts"], type=click.IntRange(4, 5_000), default=200, show_default=True, help="How many people."
            ),
            click.Option(
                ["--rooms"], type=click.IntRange(1, 5_000), default=50, show_default=True, help="How many rooms."
            ),
            click.Option(
                ["--rate"],
                type=click.FloatRange(0.1, 10_000),
                default=50.0,
                show_default=True,
                help="Messages a second, all together.",
            ),
            click.Option(
                ["--seconds"],
                type=click.FloatRange(1, 3_600),
                default=15.0,
                show_default=True,
                help="How long they talk before the machine is taken, and again after it.",
            ),
            click.Option(
                ["--patience"],
                type=click.FloatRange(1, 3_600),
                default=300.0,
                show_default=True,
                help="After so many seconds what is still lacking is lost.",
            ),
            click.Option(["--renamed"], is_flag=True, help="The empty relay has another name; cards tell which."),
        ),
        in_all=((), ("--renamed",)),
    ),
    Drill(
        "lying-directory",
        "An operator swaps a key, adds a device, keeps two records, rolls back, hides a card: who notices, and when.",
        ("M-03", "M-10", "M-11", "M-12", "M-13", "M-14", "M-15"),
        (
            click.Option(
                ["--period"],
                type=click.IntRange(1, 600),
                default=2,
                show_default=True,
                metavar="SECONDS",
                help="How often the directory closes an epoch; what owners notice takes as long.",
            ),
            _ONLY,
        ),
    ),
    Drill(
        "lost-directory",
        "The directory's machine is gone: people talk on, it is made anew from copies, owners put their cards back.",
        ("G-01", "G-02", "G-03", "G-04", "G-10", "G-11", "G-12"),
    ),
    Drill(
        "flood",
        "Somebody without an account does what harm they can to a relay on this machine, while people talk.",
        ("Q-10", "Q-11", "Q-12", "Q-13", "Q-14", "Q-15"),
        (
            click.Option(
                ["--minutes"],
                type=click.FloatRange(0.1, 30),
                default=0.7,
                show_default=True,
                help="How long the stranger stays: half of it on one connection, half on fifty.",
            ),
        ),
    ),
    Drill(
        "docket",
        "Legal demands pass through a desk while people talk: what is disclosed, and whether one can be hidden.",
        ("K-06", "K-12", "K-17", "K-18", "K-19", "K-20"),
        (
            click.Option(
                ["--demands"],
                type=click.IntRange(1, 10_000),
                metavar="N",
                help="How many pass through the desk (default: one of every kind that is in force today).",
            ),
        ),
        extra="docket",
    ),
)
DRILLS: Final[Mapping[str, Drill]] = {row.name: row for row in _ROWS}
"""By name, in the order of the help and of ``nulla drill all``."""
