"""``nulla release list`` and ``check``: what anybody may ask of a release log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy, utc
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.release.files import described
from nullabona.cli.settings import Settings, connected, settings_of
from nullabona.machine.http_client import Route
from nullabona.reading import open_source
from nullabona.releases.finding import find_release
from nullabona.releases.ledger import Ledger, Logged
from nullabona.updating.ledger import Served, read_releases
from nullabona.words.catalogue import Language

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_policy = click.option("--policy", type=_FILE, metavar="FILE", required=True, help="The signatures to require.")
_fingerprint = click.option(
    "--fingerprint", metavar="HASH", required=True, help="The fingerprint of the log's first statement."
)


@command("list")
@click.argument("where")
@_policy
@_fingerprint
@connected
@click.pass_context
def list_command(context: click.Context, where: str, policy: Path, fingerprint: str) -> None:
    """List the releases in the log at WHERE, who signed them, who rebuilt them, and what was taken back.

    Entries that do not hold are listed too: the log's operator could append anything.
    """
    settings = settings_of(context)
    served = _read(settings, where, policy, fingerprint)
    ledger = served.ledger
    if settings.as_json:
        emit({"origin": ledger.log, "size": ledger.size, "witnesses": served.witnesses,
              "releases": [told(ledger, each) for each in ledger.releases.values()],
              "ignored": ledger.ignored})  # fmt: skip
        return
    for each in ledger.releases.values():
        line(shown(ledger, each, settings.language))
    for one in ledger.ignored:
        line(say("release-ignored", settings.language, entry=one.entry, why=one.why))
    _say_witnesses(settings, served)


@command()
@click.argument("where")
@click.argument("files", type=_FILE, metavar="FILE...", nargs=-1, required=True)
@_policy
@_fingerprint
@connected
@click.pass_context
def check(context: click.Context, where: str, files: tuple[Path, ...], policy: Path, fingerprint: str) -> None:
    """Check that every FILE belongs to one release in the log at WHERE, by name and hash.

    Exit code 3: no release has these files, or it was taken back.
    """
    settings = settings_of(context)
    served = _read(settings, where, policy, fingerprint)
    found = find_release(served.ledger, described(files))
    if settings.as_json:
        emit({**told(served.ledger, found), "witnesses": served.witnesses})
        return
    line(shown(served.ledger, found, settings.language))
    _say_witnesses(settings, served)


def told(ledger: Ledger, logged: Logged) -> dict[str, Any]:
    """A release for programs."""
    release = logged.release
    return {
        "version": release.version,
        "number": release.number,
        "entry": logged.entry,
        "signers": sorted(logged.signers),
        "rebuilt": ledger.rebuilt.get(release.version, {}),
        "revoked": ledger.revoked.get(release.version),
        "tree": release.tree,
        "sbom": release.sbom,
        "files": {file.name: file.sha256 for file in release.files},
    }


def shown(ledger: Ledger, logged: Logged, language: Language) -> str:
    """A release for people."""
    version = logged.release.version
    said = say(
        "release-line", language, version=version, number=logged.release.number, entry=logged.entry,
        signers=", ".join(sorted(logged.signers)),
    )  # fmt: skip
    for name, outcome in sorted(ledger.rebuilt.get(version, {}).items()):
        said += "\n" + say(f"release-rebuilt-{outcome}", language, name=name)
    if version in ledger.revoked:
        said += "\n" + say("release-taken-back", language, reason=ledger.revoked[version])
    return said


def _read(settings: Settings, where: str, policy: Path, fingerprint: str) -> Served:
    async def read() -> Served:
        source = open_source(where, Route(settings.ca_file, settings.proxy))
        try:
            return await read_releases(source, read_policy(policy), fingerprint)
        finally:
            await source.close()

    return asyncio.run(read())


def _say_witnesses(settings: Settings, served: Served) -> None:
    at_s = served.cosigned_s
    when = "-" if at_s is None else utc(at_s)
    note(settings, "release-witnessed", size=served.ledger.size, witnesses=len(served.witnesses), when=when)
