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
SERVING: Final = (
    click.option(
        "--data", type=click.Path(path_type=Path), metavar="DIR", help="Keep boxes and blobs in this directory."
    ),
    click.option("--volatile", is_flag=True, help="Keep everything in memory only; a restart forgets it."),
    click.option(
        "--listen",
        multiple=True,
        metavar="ADDRESS",
        help=f"HOST:PORT (port 0: any free one) or unix:PATH; may be repeated. Default: {DEFAULT_LISTEN}.",
    ),
    click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="PEM certificate chain."),
    click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="PEM key of the certificate."),
    click.option("--behind-proxy", is_flag=True, help="Allow plain HTTP beyond loopback: a proxy in front speaks TLS."),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="TOML file; flags override it. Its keys are the flags' names with _, and a table [limits].",
    ),
    click.option(
        "--host",
        metavar="HOST[:PORT]",
        help="What stands after the @ in handles registered here. Default: the address itself on this machine, else "
        "nobody can register.",
    ),
    click.option(
        "--period",
        type=click.IntRange(1, 86_400),
        metavar="SECONDS",
        help="How often the directory closes an epoch of its public record. Default: 600. Fixed once the record has "
        "begun.",
    ),
    click.option(
        "--record",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Where the public record and its keys are, if not in the data directory. Keep a copy of record.key, and "
        "let others mirror the rest; never put an old copy back.",
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
        help="Mirrors of the public record, one a line: URLs, or folders that nulla log mirror keeps. They get an "
        "epoch before the witnesses sign it. Default: none.",
    ),
    click.option(
        "--without-witness",
        multiple=True,
        metavar="NAME",
        help="A witness that is gone for good: this start does not wait for what it holds. May be repeated.",
    ),
    click.option(
        "--docket",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The log lines of this operator's docket (any tlog-policy that names it): clients check operator notices "
        "with them; the witnesses are those of --witnesses. Default: none, and clients cannot check notices.",
    ),
    click.option(
        "--docket-files",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The public folder of that docket's log: clients follow it, so that no notice is in another history than "
        "was seen before. Default: none, and they warn of what they cannot compare.",
    ),
    click.option(
        "--changes-per-s",
        type=click.IntRange(1, MOST_CHANGES_PER_S),
        metavar="N",
        help="Cards and statements that the directory takes a second, all together, new handles among them: for the "
        "day when very many register. Default: 200, of which 5 are new handles.",
    ),
    click.option(
        "--registration",
        type=click.Choice([rule.value for rule in Registration]),
        help="Who may register a handle here: anybody, people with a token (nulla relay token), or nobody for now. "
        "Cards that are here are renewed as ever. Default: open.",
    ),
    click.option(
        "--registration-keys",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="With --registration token: the public keys whose tokens are taken, one a line, yours or another "
        "operator's.",
    ),
    click.option(
        "--registrations-per-day",
        type=click.IntRange(1, MOST_A_DAY),
        metavar="N",
        help="New handles a day, and as many at once after a quiet day or a start. Default: 5 a second.",
    ),
    click.option(
        "--metrics-for-all",
        is_flag=True,
        help="Show /metrics to anyone who asks. Default: to this machine and private networks.",
    ),
    click.option(
        "--today",
        metavar="YYYY-MM-DD",
        help="The date in UTC, after you looked: the clock is believed at this start though it is behind the last "
        "epoch, or 30 days after it. On another day it says nothing.",
    ),
)
"""What `serve` is told; `init` takes the same, so that one command line becomes the other."""


def as_serving(command: F) -> F:
    """Give a command the options of `serve`."""
    for option in reversed(SERVING):
        command = option(command)
    return command
