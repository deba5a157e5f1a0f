"""``nulla drill``: play an adversary for real and print what was learned."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import click

from nullabona.drills.coerced_operator.report import run_coerced
from nullabona.drills.demo.report import Demo, render_summary, run_demo
from nullabona.drills.demo.script import load_script
from nullabona.drills.flood.report import run_flood
from nullabona.drills.flood.scenario import MINUTES
from nullabona.drills.insider.report import run_insider
from nullabona.drills.loss.report import run_loss
from nullabona.drills.loss.scenario import Size
from nullabona.drills.lost_directory.report import run_lost_directory
from nullabona.drills.lying_directory.scenario import PERIOD_S, run_lying_directory
from nullabona.drills.removal.report import run_removal
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Language, Text, language_of, pad
from nullabona.drills.search import load_secrets
from nullabona.drills.seizure.report import Scene, run_seizure
from nullabona.drills.stolen_device.report import run_stolen_device
from nullabona.drills.tap.report import run_tap
from nullabona.drills.warrant.report import run_warrant
from nullabona.errors import NullabonaError
from nullabona.extras import require

_NAME = 18
_DATA = click.Path(path_type=Path, exists=True, file_okay=False)


_only = click.option(
    "--only",
    multiple=True,
    metavar="LINE",
    help="Play no more than this line of the threat model needs, and report on it alone; may be repeated.",
)


@click.group()
def drill() -> None:
    """Play an adversary for real and print what was learned.

    Exit code 0: every claim held. 1: a claim failed, or the drill could not be played. A claim that could not be looked
    at is "not proven" and no failure. Reports are in Korean if the locale is (LANG=ko_KR.UTF-8).
    """


@drill.command()
@click.option("--data", type=_DATA, required=True, metavar="DIR", help="The relay's data directory.")
@click.option("--handle", required=True, metavar="NAME@HOST", help="The account that the warrant names.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def warrant(*, data: Path, handle: str, as_json: bool) -> None:
    """An officer with a warrant for an account: what they carry away."""
    try:
        report = run_warrant(data, handle)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@click.option("--data", type=_DATA, required=True, metavar="DIR", help="The relay's data directory.")
@click.option("--pid", type=int, metavar="PID", help="The running relay, to search its memory (as root).")
@click.option(
    "--secrets",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help='What to look for, a JSON object per line: {"kind": "text", "label": "message 1", "value": "..."}; '
    "kinds: text, room, name, phrase, address, key (hex).",
)
@click.option(
    "--also",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="Search this file or directory too (logs, temporary files, backups); may be repeated.",
)
@click.option(
    "--control",
    type=int,
    metavar="PID",
    help="A relay that nobody ever used: words it has in memory as well are not counted.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def seizure(*, data: Path, pid: int | None, secrets: Path, also: tuple[Path, ...], control: int | None,
            as_json: bool) -> None:  # fmt: skip
    """The machine is carried away: search its disks and memory for planted secrets."""
    try:
        scene = Scene(data=data, secrets=load_secrets(secrets), pid=pid, also=also, control=control)
        report = run_seizure(scene)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@click.option(
    "--chat",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="DEMO_CHAT",
    help="Hold this conversation, lines of `name: text`, instead of ours (or set DEMO_CHAT).",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Play in this empty folder and keep it: the relay's data and everybody's profile.",
)
@click.option("--desk/--no-desk", default=True, help="With the legal desk's act, if a desk is installed, or without.")
@_only
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
def demo(*, chat: Path | None, keep: Path | None, desk: bool, only: tuple[str, ...], as_json: bool) -> None:
    """The whole story: people talk, the relay is searched, seized, emptied, and nothing is lost."""
    sys.exit(0 if _play(chat, keep, desk=desk, only=only, as_json=as_json) else 1)


@drill.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def tap(*, as_json: bool) -> None:
    """The operator listens in on everything, from now on: what is read, and what is inferred all the same."""
    try:
        report = run_tap(_tell)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@click.option("--accounts", type=click.IntRange(4, 5_000), default=200, show_default=True, help="How many people.")
@click.option("--rooms", type=click.IntRange(1, 5_000), default=50, show_default=True, help="How many rooms.")
@click.option("--rate", type=click.FloatRange(0.1, 10_000), default=50.0, show_default=True,
              help="Messages a second, all together.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1, 3_600), default=15.0, show_default=True,
              help="How long they talk before the machine is taken, and again after it.")  # fmt: skip
@click.option("--patience", type=click.FloatRange(1, 3_600), default=300.0, show_default=True,
              help="After so many seconds what is still lacking is lost.")  # fmt: skip
@click.option("--renamed", is_flag=True, help="The empty relay has another name; cards tell which.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def loss(
    *, accounts: int, rooms: int, rate: float, seconds: float, patience: float, renamed: bool, as_json: bool
) -> None:
    """The machine is taken while many people talk, an empty one takes its place: what is lost, and for how long?"""
    size = Size(accounts=accounts, rooms=rooms, rate=rate, before_s=seconds, after_s=seconds, patience_s=patience,
                renamed=renamed)  # fmt: skip
    try:
        report = run_loss(_tell, size)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command("coerced-operator")
@_only
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def coerced_operator(*, only: tuple[str, ...], as_json: bool) -> None:
    """A relay that hides, holds back, exchanges, repeats, garbles, denies, shows two histories and false cards."""
    try:
        report = run_coerced(_tell, only)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@_only
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def removal(*, only: tuple[str, ...], as_json: bool) -> None:
    """An order to find and delete a message and a picture; the operator helps, and a member turns informant."""
    try:
        report = run_removal(_tell, only)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@_only
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def insider(*, only: tuple[str, ...], as_json: bool) -> None:
    """Members, and one who was put out, turn all they know against a room: who loses it, for how long, at what cost?"""
    try:
        report = run_insider(_tell, only)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command("stolen-device")
@_only
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def stolen_device(*, only: tuple[str, ...], as_json: bool) -> None:
    """A device is taken, locked or open: what its past and its future yield, and what its owner can do."""
    try:
        report = run_stolen_device(_tell, only)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command("lying-directory")
@click.option(
    "--period",
    type=click.IntRange(1, 600),
    default=PERIOD_S,
    show_default=True,
    metavar="SECONDS",
    help="How often the directory closes an epoch; what owners notice takes as long.",
)
@_only
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def lying_directory(*, period: int, only: tuple[str, ...], as_json: bool) -> None:
    """An operator swaps a key, adds a device, keeps two records, rolls back, hides a card: who notices, and when."""
    try:
        report = run_lying_directory(_tell, period, only)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command("lost-directory")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def lost_directory(*, as_json: bool) -> None:
    """The directory's machine is gone: people talk on, it is made anew from copies, owners put their cards back."""
    try:
        report = run_lost_directory(_tell)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@click.option("--minutes", type=click.FloatRange(0.1, 30), default=MINUTES, show_default=True,
              help="How long the stranger stays: half of it on one connection, half on fifty.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def flood(*, minutes: float, as_json: bool) -> None:
    """Somebody without an account does what harm they can to a relay on this machine, while people talk."""
    try:
        report = run_flood(_tell, minutes)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command()
@click.option(
    "--demands",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="How many pass through the desk (default: one of every kind that is in force today).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def docket(*, demands: int | None, as_json: bool) -> None:
    """Legal demands pass through a desk while people talk: what is disclosed, and whether one can be hidden."""
    try:
        report = _run_docket(demands)
    except NullabonaError as error:
        _fail(error)
    _finish(report, as_json=as_json)


@drill.command("all")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def all_drills(*, as_json: bool) -> None:
    """Every drill, each against processes of its own, and a page at the end.

    The demo plays warrant, seizure, removal of a member and loss in one story; the others follow one by one.
    """
    began = time.monotonic()
    demo_held = _play(None, None, as_json=as_json)
    rows = [_row("demo", held=demo_held, checks=(), seconds=time.monotonic() - began)]
    held = demo_held
    runs: tuple[Callable[[], Report], ...] = (
        lambda: run_tap(_tell),
        lambda: run_removal(_tell),
        lambda: run_insider(_tell),
        lambda: run_stolen_device(_tell),
        lambda: run_coerced(_tell),
        lambda: run_loss(_tell),
        lambda: run_loss(_tell, Size(renamed=True)),
        lambda: run_lying_directory(_tell),
        lambda: run_lost_directory(_tell),
        lambda: run_flood(_tell),
        _run_docket,
    )
    for run in runs:
        since = time.monotonic()
        try:
            report = run()
        except NullabonaError as error:
            _fail(error)
        _say(report, as_json=as_json)
        rows.append(_row(report.drill, held=report.held, checks=report.checks, seconds=time.monotonic() - since))
        held = held and report.held
    if not as_json:
        click.echo("\n".join(["", *rows, _row("", held=held, checks=(), seconds=time.monotonic() - began)]))
    sys.exit(0 if held else 1)


def _row(name: str, *, held: bool, checks: Sequence[Check], seconds: float) -> str:
    """One drill's line on the page at the end; an empty name: all of them."""
    verdict = Text("held", "지켜짐") if held else Text("NOT all held", "지켜지지 않은 것이 있음")
    count = sum(check.verdict is Verdict.HELD for check in checks)
    texts = [verdict, *([Text(f"{count} claims", f"주장 {count}개")] if count else [])]
    for kind, en, ko in ((Verdict.FAILED, "failed", "깨짐"), (Verdict.UNPROVEN, "not proven", "입증 못함")):
        if ids := " ".join(check.id for check in checks if check.verdict is kind):
            texts.append(Text(f"{en}: {ids}", f"{ko}: {ids}"))
    language = language_of()
    parts = [text.in_(language) for text in texts]
    title = name or Text("all of them", "전체").in_(language)
    return f"{'✓' if held else '✗'} {pad(title, _NAME)} {seconds:4.0f} s   {', '.join(parts)}"


def _run_docket(demands: int | None = None) -> Report:
    """Raises `ExtraMissing` where a desk is not installed."""
    require("docket")
    from nullabona.drills.docket.scenario import run_docket

    return run_docket(_tell, demands)


def _tell(text: Text) -> None:
    click.echo(f"▸ {text.in_(language_of())}", err=True)


def _play(chat: Path | None, keep: Path | None, *, as_json: bool, desk: bool = True, only: Sequence[str] = ()) -> bool:
    """Play the demo and print its reports; whether every claim held."""
    try:
        played = run_demo(load_script(chat), _tell, keep, desk=desk, only=only)
    except NullabonaError as error:
        _fail(error)
    click.echo(_encode(played) if as_json else _render(played, language_of(), whole=not only))
    return played.held


def _render(played: Demo, language: Language, *, whole: bool) -> str:
    reports = "\n\n\n".join(report.render(language) for report in played.reports)
    return f"\n{reports}\n\n\n{render_summary(played, language)}" if whole else f"\n{reports}"


def _encode(played: Demo) -> str:
    reports = [report.encode() for report in played.reports]
    return json.dumps(
        {"held": played.held, "seconds": round(played.seconds, 1), "reports": reports}, ensure_ascii=False
    )


def _say(report: Report, *, as_json: bool) -> None:
    click.echo(json.dumps(report.encode(), ensure_ascii=False) if as_json else report.render(language_of()))


def _finish(report: Report, *, as_json: bool) -> None:
    _say(report, as_json=as_json)
    sys.exit(0 if report.held else 1)


def _fail(error: NullabonaError) -> NoReturn:
    click.echo(error.render(), err=True)
    sys.exit(1)
