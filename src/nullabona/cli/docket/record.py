"""``nulla docket record``: the record of demands, drawn up from a public log that was verified first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy
from nullabona.cli.settings import Settings, connected, settings_of
from nullabona.docket.site.publication import Guidelines, encode_publication
from nullabona.docket.site.recounted import About, log_view, record_of
from nullabona.docket.taxonomy import load
from nullabona.docket.verify import Verification, verify
from nullabona.errors import PeerError
from nullabona.log.tiles import MAX_BUNDLE
from nullabona.machine.http_client import Route
from nullabona.operating.desk import now_s, read_guidelines, read_policy_text
from nullabona.reading.source import Files, Folder, Website
from nullabona.wire.demands import Label


class LogDoesNotHold(PeerError):
    """The public log has faults, so nothing is drawn up from it."""

    code = "docket-does-not-hold"
    default_hint = "see what is wrong: nulla docket verify WHERE --policy FILE"


@dataclass(frozen=True, slots=True)
class _Read:
    verification: Verification
    checkpoint: bytes


@command()
@click.argument("where")
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="The witnesses to require (spec/log.md).",
)
@click.option("--name", required=True, metavar="NAME", help="The operator's name.")
@click.option("--name-ko", metavar="NAME", help="The operator's name in Korean.")
@click.option("--contact", required=True, metavar="TEXT", help="How to reach the legal desk.")
@click.option("--url", metavar="URL", help="Where everybody finds the log (default: WHERE).")
@click.option("--custodian", metavar="SHA256", help="The hash of the custodian's certificate.")
@click.option(
    "--guidelines",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The docket.toml whose guidelines for authorities the pages show.",
)
@click.option("--at", type=int, metavar="S", help="Verify as of this time, in seconds since 1970.")
@connected
@click.pass_context
def record(context: click.Context, /, where: str, policy: Path, *, guidelines: Path | None, at: int | None,
           **named: str | None) -> None:  # fmt: skip
    """Make the record from the docket log at WHERE (a URL or a folder), and print it to stdout. The log must be intact.

    Late answers, and late periods whose reason is in the log, are accepted; the pages say so.

    Reads public files only. `nulla docket publish` makes pages of the result.
    """
    moment = now_s() if at is None else at
    read = asyncio.run(_read(settings_of(context), where, policy, moment))
    found = read.verification.recount
    if found is None or not (read.verification.holds or read.verification.only_stated_lateness):
        raise LogDoesNotHold(f"the log does not hold: {len(read.verification.findings)} findings")
    view = log_view(read.checkpoint, read_policy_text(policy), named["url"] or where, found)
    drawn_up = record_of(found, view, _about(named, guidelines), load(), moment)
    sys.stdout.buffer.write(encode_publication(drawn_up))


def _about(named: Mapping[str, str | None], guidelines: Path | None) -> About:
    name, contact = named["name"] or "", named["contact"] or ""
    told = Guidelines() if guidelines is None else read_guidelines(guidelines)
    return About(Label(named["name_ko"] or name, name), contact, named["custodian"], told)


async def _read(settings: Settings, where: str, policy: Path, moment: int) -> _Read:
    files: Files = Website(where, Route(settings.ca_file, settings.proxy)) if "://" in where else Folder(Path(where))
    try:
        verification = await verify(lambda name: files.read(name, MAX_BUNDLE), read_policy(policy), moment)
        return _Read(verification, await files.read("checkpoint", MAX_BUNDLE) or b"")
    finally:
        await files.close()
