"""The options of ``nulla relay serve`` and ``nulla relay init``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from nullabona.directory.core.registering import Registration
from nullabona.operating.directory import MOST_CHANGES_PER_S
from nullabona.operating.registration import MOST_A_DAY
from nullabona.relay.config import DEFAULT_LISTEN

F = TypeVar("F", bound=Callable[..., Any])
ENGINE: Final = (
    click.option(
        "--engine",
        multiple=True,
        metavar="HOST:PORT",
        help="Keep boxes on the engine that this node is a part of; may be repeated. --data or --volatile then say "
        "where blobs and the directory are.",
    ),
    click.option(
        "--engine-authority",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="PEM certificate with which the certificates of the engine's nodes are signed.",
    ),
    click.option(
        "--engine-password",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File with the password of the engine's user 'relay'.",
    ),
    click.option(
        "--engine-keeper-password",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File with the password of the engine's user 'keeper', who checks its settings and loads its functions.",
    ),
)
"""Where an engine is, and who a relay is there."""
CONFIG: Final = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file; flags override it. Its keys are the flags' names with _ for -, and a table [limits].",
)
SERVING: Final = (
    click.option(
        "--data", type=click.Path(path_type=Path), metavar="DIR", help="Keep boxes and blobs in this directory."
    ),
    click.option("--volatile", is_flag=True, help="Keep everything in memory only. A restart erases it."),
    *ENGINE,
    click.option(
        "--engine-name",
        metavar="NAME",
        help="What this relay is called on the engine: its processes have one name, and those of another relay another "
        "one. Default: relay.",
    ),
    click.option(
        "--name",
        metavar="NAME",
        help="What this relay is called in the path of its URL, where one address has several: it answers at "
        "/n/NAME/v1 and nowhere else, and has the same name on an engine. No handles are registered at such a relay.",
    ),
    click.option(
        "--listen",
        multiple=True,
        metavar="ADDRESS",
        help=f"HOST:PORT (port 0: any free one) or unix:PATH; may be repeated. Default: {DEFAULT_LISTEN}.",
    ),
    click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="PEM certificate chain."),
    click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="PEM key of the certificate."),
    click.option(
        "--behind-proxy",
        is_flag=True,
        help="Allow plain HTTP beyond this machine, because a proxy in front speaks TLS.",
    ),
    CONFIG,
    click.option(
        "--host",
        metavar="HOST[:PORT]",
        help="The part after the @ in handles registered here. Default: the address of --listen if it is this "
        "machine's own; otherwise nobody can register.",
    ),
    click.option(
        "--period",
        type=click.IntRange(1, 86_400),
        metavar="SECONDS",
        help="How often the directory closes an epoch of its public record. Default: 600. It cannot change once the "
        "record has begun.",
    ),
    click.option(
        "--record",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Where the public record and its keys are, if not in the data directory. Keep a copy of record.key, and"
        " let others mirror the rest. Never put back an old copy.",
    ),
    click.option(
        "--store",
        metavar="URL",
        help="A PostgreSQL database with a synchronous standby, in which the cards and the log of the public record are"
        " kept in place of files. No password in it. Default: none; both are kept in SQLite.",
    ),
    click.option(
        "--witnesses",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Who must cosign the public record: the witness, group and quorum lines of a tlog-policy. Default: "
        "nobody.",
    ),
    click.option(
        "--mirrors",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Mirrors of the public record, one per line: URLs, or folders that nulla log mirror keeps. They get "
        "each epoch before the witnesses sign it. Default: none.",
    ),
    click.option(
        "--without-witness",
        multiple=True,
        metavar="NAME",
        help="A witness that is gone for good. This start does not wait to hear how far it cosigned. May be repeated.",
    ),
    click.option(
        "--docket",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A tlog-policy whose log lines name this operator's docket. Clients check operator notices with it; the"
        " witnesses are those of --witnesses. Default: none, so clients cannot check notices.",
    ),
    click.option(
        "--docket-files",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The public folder of that docket's log. Clients follow it, and refuse a notice from another history "
        "than the one they saw. Default: none; clients then warn that they cannot compare.",
    ),
    click.option(
        "--changes-per-s",
        type=click.IntRange(1, MOST_CHANGES_PER_S),
        metavar="N",
        help="How many cards and statements the directory accepts per second, new handles included. Raise it for a "
        "day when very many people register. Default: 200, of which 5 may be new handles.",
    ),
    click.option(
        "--registration",
        type=click.Choice([rule.value for rule in Registration]),
        help="Who may register a handle here: open (anybody), token (people with a token of nulla relay token) or "
        "paused (nobody for now). Existing cards are renewed as before. Default: open.",
    ),
    click.option(
        "--registration-keys",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="With --registration token: the public keys whose tokens are accepted, one per line, yours or another "
        "operator's.",
    ),
    click.option(
        "--registrations-per-day",
        type=click.IntRange(1, MOST_A_DAY),
        metavar="N",
        help="How many new handles may register per day. After a quiet day or a start, that many may come at once. "
        "Default: 5 per second.",
    ),
    click.option(
        "--metrics-for-all",
        is_flag=True,
        help="Show /metrics to everybody. Default: only to this machine and private networks.",
    ),
    click.option(
        "--today",
        metavar="YYYY-MM-DD",
        help="Today's date in UTC, which you checked yourself. This start then trusts the clock, although it is "
        "behind the last epoch or more than 30 days ahead of it. On any other day the option has no effect.",
    ),
)
"""What `serve` is told; `init` takes the same, so that one command line becomes the other."""


def as_serving(command: F) -> F:
    """Give a command the options of `serve`."""
    for option in reversed(SERVING):
        command = option(command)
    return command


def as_engine(command: F) -> F:
    """Give a command the options of `serve` that say where an engine is."""
    for option in reversed((*ENGINE, CONFIG)):
        command = option(command)
    return command
