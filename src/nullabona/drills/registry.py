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


def _ask(flag: str, about: str, **how: Any) -> click.Option:  # noqa: ANN401 - as click takes it
    return click.Option([flag], help=about, show_default="type" in how and "default" in how, **how)


_PATH: Final = click.Path(path_type=Path)
_DATA: Final = _ask("--data", "The relay's data directory.", required=True, metavar="DIR",
                    type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
_ONLY: Final = _ask(
    "--only",
    "Play only what this line of the threat model needs, and report on it alone; may be repeated.",
    multiple=True,
    metavar="LINE",
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
    alone: bool = False
    """It measures time, so ``nulla drill all`` plays nothing beside it."""

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
        "An officer has a warrant for an account: what do they carry away?",
        tuple("W-01 W-02 W-03 W-06 W-10 W-11 W-12 W-13 W-14 W-16".split()),
        (_DATA, _ask("--handle", "The account that the warrant names.", required=True, metavar="NAME@HOST")),
        in_all=(),  # the demo plays it
    ),
    Drill(
        "seizure",
        "The machine is seized: search its disks and memory for planted secrets.",
        tuple("S-01 S-02 S-03 S-04 S-05 S-10 S-11 S-12 S-13 S-14 S-15 S-16 S-17 S-29".split()),
        (
            _DATA,
            _ask("--pid", "The running relay, to search its memory (as root).", type=int, metavar="PID"),
            _ask("--secrets", 'What to look for, a JSON object per line: {"kind": "text", "label": "message 1", '
                 '"value": "..."}; kinds: text, room, name, phrase, address, key (hex).', type=_PATH, required=True,
                 metavar="FILE"),
            _ask("--also", "Search this file or directory too (logs, temporary files, backups); may be repeated.",
                 type=click.Path(path_type=Path, exists=True), multiple=True, metavar="PATH"),
            _ask("--control", "A relay that nobody ever used: words that its memory also has are not counted.",
                 type=int, metavar="PID"),
        ),
        in_all=(),  # the demo plays it
    ),
    Drill(
        "demo",
        "The whole story: people talk, the relay is searched, seized, emptied, and nothing is lost.",
        ("S-20", "S-21", "R-10"),
        (
            _ask("--chat", "Use this conversation, lines of `name: text`, instead of ours (or set DEMO_CHAT).",
                 type=_PATH, metavar="FILE", envvar="DEMO_CHAT"),
            _ask("--keep", "Play in this empty folder and keep it: the relay's data and everybody's profile.",
                 type=click.Path(path_type=Path, file_okay=False), metavar="DIR"),
            _ask("--desk/--no-desk", "With or without the legal desk's act, if a desk is installed.", default=True),
            _ONLY,
        ),
    ),
    Drill(
        "demo-cluster",
        "People talk on a cluster that loses one part after another, then all; an officer searches every machine.",
        ("S-39", "S-40"),
        (
            _ask("--haproxy", "The example of deploy/cluster/haproxy.cfg.", type=_PATH,
                 default=Path("deploy/cluster/haproxy.cfg"), metavar="FILE"),
            _ask("--s3", "The program versitygw; default: the one that `make test-buckets` built.", type=_PATH,
                 metavar="FILE"),
        ),
        in_all=(),  # `make demo-cluster` plays it: it needs programs that most machines lack
    ),
    Drill(
        "tap",
        "The operator taps everything from now on: what is read, and what is inferred anyway?",
        tuple("T-01 T-02 T-03 T-04 T-10 T-13 T-14 T-15 T-16 T-17 T-19 T-21 T-22 S-25 W-05".split()),
    ),
    Drill(
        "removal",
        "An order to find and delete a message and a picture; the operator helps, and a member turns informant.",
        tuple("X-01 X-02 X-03 X-04 X-06 X-10 X-11 X-12 X-13 X-14 X-15 X-16 X-17 R-02".split()),
        (_ONLY,),
        extra="pictures",
    ),
    Drill(
        "insider",
        "Members and a removed member attack a room with all they know: who loses it, for how long, at what cost?",
        tuple("F-11 R-17 E-30 E-31 E-32 E-33 E-34 E-35".split()),
        (_ONLY,),
        alone=True,
    ),
    Drill(
        "stolen-device",
        "A device is stolen, locked or open: what do its past and future reveal, and what can its owner do?",
        tuple("D-01 D-02 D-03 D-04 D-07 D-08 D-10 D-11 D-13 D-14 D-20 D-23 R-14".split()),
        (_ONLY,),
    ),
    Drill(
        "coerced-operator",
        "A relay hides, delays, swaps, repeats, garbles and denies, shows two histories and false cards, "
        "and lies to one connection.",
        tuple("L-01 L-02 L-04 L-10 L-11 L-13 L-16 L-21".split()),
        (_ONLY,),
    ),
    Drill(
        "loss",
        "The machine is seized while many people talk, and an empty one replaces it: what is lost, for how long?",
        ("S-22", "S-24"),
        (
            _ask("--accounts", "How many people.", type=click.IntRange(4, 5_000), default=200),
            _ask("--rooms", "How many rooms.", type=click.IntRange(1, 5_000), default=50),
            _ask("--rate", "Messages a second, in total.", type=click.FloatRange(0.1, 10_000), default=50.0),
            _ask("--seconds", "How long they talk before the machine is taken, and again after it.",
                 type=click.FloatRange(1, 3_600), default=15.0),
            _ask("--patience", "What is still missing after this many seconds counts as lost.",
                 type=click.FloatRange(1, 3_600), default=300.0),
            _ask("--renamed", "The empty relay has another name, which cards tell.", is_flag=True),
        ),
        in_all=((), ("--renamed",)),
        alone=True,
    ),
    Drill(
        "failover",
        "An engine's nodes are killed, stalled, cut off and restarted: is anybody told two things, or a loss hidden?",
        ("S-41",),
        (
            _ask("--minutes", "Go on with faults in any order until so many minutes are over.",
                 type=click.FloatRange(0, 10_000), default=0.0),
            _ask("--fault", "Play only this one; may be repeated.", multiple=True,
                 type=click.Choice(["kill", "stall", "partition", "empty", "shard", "hasty", "handover", "rolling"])),
        ),
        extra="engine",
        alone=True,
    ),
    Drill(
        "seized-engine",
        "An engine's nodes are carried away, disks and memory, while people talk: what can be read, what inferred?",
        ("S-34", "S-36", "S-42"),
        extra="engine",
    ),
    Drill(
        "lying-directory",
        "An operator swaps a key, adds a device, shows two records, hides a card, probes who is on: who notices, when?",
        tuple("M-03 M-06 M-08 M-10 M-11 M-12 M-13 M-14 M-15 M-18 M-19".split()),
        (
            _ask("--period", "How often the directory closes an epoch; owners notice something within that time.",
                 type=click.IntRange(1, 600), default=2, metavar="SECONDS"),
            _ONLY,
        ),
    ),
    Drill(
        "lost-directory",
        "The directory's machine is lost: people keep talking, copies rebuild it, owners publish their cards again.",
        tuple("G-01 G-02 G-03 G-04 G-10 G-11 G-12".split()),
    ),
    Drill(
        "restore",
        "An operator's honest mistakes: an old backup, a missing disk, two machines, a lost key, a lost machine.",
        tuple("G-13 G-14 G-15 G-16".split()),
    ),
    Drill(
        "flood",
        "A stranger without an account does all the harm they can from this machine, while people talk.",
        tuple("Q-10 Q-11 Q-12 Q-13 Q-14 Q-15".split()),
        (_ask("--minutes", "How long the attack lasts: half of it on one connection, half on fifty.",
              type=click.FloatRange(0.1, 30), default=0.7),),
        alone=True,
    ),
    Drill(
        "forced-update",
        "An order to give one person another program, in seven ways: what is installed, and who sees it?",
        tuple("U-01 U-02 U-03 U-10 U-11 U-12 U-13 U-14".split()),
    ),
    Drill(
        "docket",
        "Legal demands pass through a desk while people talk: what is disclosed, and whether one can be hidden.",
        tuple("K-06 K-12 K-17 K-18 K-19 K-20".split()),
        (_ask("--demands", "How many pass through the desk (default: one of every kind that is in force today).",
              type=click.IntRange(1, 10_000), metavar="N"),),
        extra="docket",
    ),
)  # fmt: skip
DRILLS: Final[Mapping[str, Drill]] = {row.name: row for row in _ROWS}
"""By name, in the order of the help and of ``nulla drill all``."""
