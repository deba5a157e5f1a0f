"""``nulla log``: check, prove and watch public logs, and make the keys of one."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import group
from nullabona.cli.log.copies import mirror, restore
from nullabona.cli.log.work import (
    Reading,
    keep_memory,
    read_policy,
    read_small,
    remembered,
    reported,
    run_reading,
    shown,
    write_file,
)
from nullabona.cli.output import emit, harmless, line, note, say
from nullabona.cli.settings import Settings, connected, settings_of, spoken
from nullabona.cli.usage import Misused
from nullabona.errors import Bug
from nullabona.log.forks import Fork, Weighed, fork_of, parse_fork, weigh
from nullabona.log.keys import Kind, vkey
from nullabona.log.proof import parse_proof
from nullabona.machine.keyfile import encode_private_key, read_key_file, write_key_file
from nullabona.reading import Undecided, advance, decide, find_entry, prove, verify_log

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_policy = click.option("--policy", type=_FILE, metavar="FILE", help="The signatures to require (spec/log.md).")
_max_age = click.option(
    "--max-age", type=int, metavar="S", help="Refuse a checkpoint that was cosigned more than S seconds ago."
)


@group()
def log() -> None:
    """Public logs: check a whole log, prove an entry, watch for new ones, keep a copy and restore from it.

    WHERE is a log's URL, or a folder with a copy of its files. A folder is checked offline.
    """


log.add_command(mirror)
log.add_command(restore)


@log.command()
@click.argument("where")
@_policy
@_max_age
@connected
@click.pass_context
def verify(context: click.Context, where: str, policy: Path | None, max_age: int | None) -> None:
    """Read the whole log and check every entry, every tile, the root and the signatures.

    Without --policy the command checks no signatures, and says so.
    """
    settings = settings_of(context)

    async def work(reading: Reading) -> None:
        report = await reading.checkpoint(max_age)
        report = await verify_log(reading.source, report, lambda done, size: _progress(settings, done, size))
        emit(reported(report)) if settings.as_json else line(shown(report, settings.language))
        if policy is None:
            note(settings, "log-unsigned")

    run_reading(settings, where, policy, work)


@log.command("prove")
@click.argument("where")
@click.argument("index", type=click.IntRange(min=0), required=False)
@click.option("--entry", type=_FILE, metavar="FILE", help="Prove the entry in this file (- for stdin).")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write the proof here (default: stdout).")
@_policy
@connected
@click.pass_context
def prove_command(
    context: click.Context, where: str, index: int | None, entry: Path | None, output: Path | None, policy: Path | None
) -> None:
    """Prove that entry INDEX is in the log, in a file that `nulla log check` and other programs verify."""
    settings = settings_of(context)
    if (index is None) == (entry is None):
        raise Misused("entry-or-number")

    async def work(reading: Reading) -> None:
        report = await reading.checkpoint()
        number = index
        if number is None:
            assert entry is not None
            number = await find_entry(reading.source, report, read_small(entry))
        proven = await prove(reading.source, report, number)
        text = proven.proof.encode()
        if output is not None:
            write_file(output, text)
        if settings.as_json:
            emit({"index": number, "size": report.checkpoint.size, "proof": text.decode()})
        elif output is None:
            sys.stdout.write(harmless(text.decode(), indent=""))
        note(settings, "log-proven", index=number, size=report.checkpoint.size)
        if policy is None:
            note(settings, "log-unsigned")

    run_reading(settings, where, policy, work)


@log.command()
@click.argument("proof", type=_FILE)
@click.argument("entry", type=_FILE)
@click.option("--policy", type=_FILE, metavar="FILE", required=True, help="The signatures to require (spec/log.md).")
@spoken
@click.pass_context
def check(context: click.Context, proof: Path, entry: Path, policy: Path) -> None:
    """Check offline that PROOF holds for the bytes of the file ENTRY."""
    settings = settings_of(context)
    found = parse_proof(read_small(proof))
    seen = found.verify(read_small(entry), read_policy(policy))
    if settings.as_json:
        emit({"index": found.index, "origin": seen.checkpoint.origin, "size": seen.checkpoint.size,
              "root": seen.checkpoint.root, "witnesses": dict(seen.witnesses)})  # fmt: skip
    note(settings, "log-checked", index=found.index, origin=seen.checkpoint.origin, witnesses=len(seen.witnesses))


@log.command("verify-evidence")
@click.argument("files", type=_FILE, metavar="FILE", nargs=-1, required=True)
@click.option("--policy", type=_FILE, metavar="FILE", required=True, help="The signatures to require (spec/log.md).")
@click.option(
    "--log", "where", metavar="WHERE", help="Decide by the log's own files: the log's URL, or a folder with its files."
)
@click.option(
    "-o", "--output", type=_FILE, metavar="FILE", help="Write evidence here that is complete without the log."
)
@connected
@click.pass_context
def verify_evidence_command(
    context: click.Context, files: tuple[Path, ...], policy: Path, where: str | None, output: Path | None
) -> None:
    """Check evidence that a log has two histories: a file that a witness kept, or two checkpoints in two files.

    Exit code 0: proven. 3: not evidence. 1: only the log's own files can decide (--log).
    """
    settings = settings_of(context)
    if len(files) > 2:
        raise Misused("witness-files")
    rules, data = read_policy(policy), [read_small(path) for path in files]
    fork = parse_fork(data[0]) if len(data) == 1 else fork_of(*data)
    weighed, by = weigh(fork, rules), "itself"
    if not weighed.proven:
        if where is None:
            raise Undecided("the log has signed both; whether the larger one grew from the other is not shown")
        fork, by = decided(settings, where, policy, fork), "log"
        weighed = weigh(fork, rules)
    if not weighed.proven:
        raise Bug("what a log's files decided does not prove it")
    if output is not None:
        write_file(output, fork.encode())
    _say_fork(settings, weighed, by)


def decided(settings: Settings, where: str, policy: Path, fork: Fork) -> Fork:
    """What the log's files make of it. Raises as `nullabona.reading.decide`."""
    found: list[Fork] = []

    async def work(reading: Reading) -> None:
        found.append(await decide(reading.source, await reading.checkpoint(), fork))

    run_reading(settings, where, policy, work)
    return found[0]


def _say_fork(settings: Settings, weighed: Weighed, by: str) -> None:
    if settings.as_json:
        sides = {"first": weighed.old, "second": weighed.new}
        told = {
            name: {"size": one.checkpoint.size, "root": one.checkpoint.root, "witnesses": dict(one.witnesses)}
            for name, one in sides.items()
        }
        emit({"forked": weighed.proven, "origin": weighed.origin, "by": by, **told})
        return
    for one in (weighed.old, weighed.new):
        names = ", ".join(name for name, _ in one.witnesses) or say("log-fork-nobody", settings.language)
        line(
            say("log-fork-side", settings.language, size=one.checkpoint.size, root=one.checkpoint.root.hex(),
                witnesses=names)
        )  # fmt: skip
    line(say("log-forked", settings.language, origin=weighed.origin))


@log.command()
@click.argument("where")
@click.option("--policy", type=_FILE, metavar="FILE", required=True, help="The signatures to require (spec/log.md).")
@click.option(
    "--state", type=_FILE, metavar="FILE", required=True, help="The file that remembers the last checkpoint seen."
)
@click.option("--from-start", is_flag=True, help="On the first run, also print the entries that are already there.")
@click.option("--every", type=click.IntRange(min=1), metavar="S", help="Repeat every S seconds until interrupted.")
@_max_age
@connected
@click.pass_context
def monitor(context: click.Context, where: str, policy: Path, state: Path, max_age: int | None, every: int | None,
            *, from_start: bool) -> None:  # fmt: skip
    """Check and print the entries that are new since the last run.

    Exit code 3: the log shows fewer entries than before, or different ones. Both checkpoints are then kept beside the
    state file. Binary entries are printed in hex; --json has the hex of every entry, and its text if it is text.
    """
    settings = settings_of(context)

    def take(number: int, entry: bytes) -> None:
        _show_entry(settings, number, entry)

    async def look(reading: Reading) -> None:
        rules = read_policy(policy)
        report = await reading.checkpoint(max_age)
        with remembered(state, report) as last:
            step = await advance(reading.source, rules, report, last, take, from_start=from_start)
        keep_memory(state, step.note)
        note(settings, "log-watched", new=len(step.new), size=step.checkpoint.size)

    run_reading(settings, where, policy, look, every)


@log.command()
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--witness", is_flag=True, help="Make cosigning keys for a witness instead of a log's keys.")
@click.option("--no-pq", is_flag=True, help="Make only an Ed25519 key, without an ML-DSA-44 key.")
@spoken
@click.pass_context
def keygen(context: click.Context, name: str, file: Path, *, witness: bool, no_pq: bool) -> None:
    """Make the private keys of a log or witness called NAME (host/path, no spaces) in a new FILE with mode 0600.

    Prints the public keys (vkeys), one per line, and never the private keys.
    """
    kinds = [Kind.COSIGN_ED25519 if witness else Kind.ED25519, *([] if no_pq else [Kind.COSIGN_MLDSA44])]
    write_key_file(file, [encode_private_key(kind, name, secrets.token_bytes(32)) for kind in kinds])
    _show_vkeys(settings_of(context), file)


@log.command("vkey")
@click.argument("file", type=_FILE)
@spoken
@click.pass_context
def vkey_command(context: click.Context, file: Path) -> None:
    """Print the public keys (vkeys) of a key file, one per line."""
    _show_vkeys(settings_of(context), file)


def _show_vkeys(settings: Settings, file: Path) -> None:
    for signer in read_key_file(file):
        text = vkey(signer)
        emit({"vkey": text, "name": signer.name, "kind": int(signer.verifier.kind)}) if settings.as_json else line(text)


def _show_entry(settings: Settings, number: int, entry: bytes) -> None:
    try:
        text: str | None = entry.decode()
    except UnicodeDecodeError:
        text = None
    if settings.as_json:
        emit({"index": number, "hex": entry, "text": text})
        return
    line(f"{number} {text.rstrip(chr(10)) if text is not None else entry.hex()}")


_told_at = 0.0


def _progress(settings: Settings, done: int, size: int) -> None:
    """Now and then, for people: on one line in a terminal, else a line every few seconds."""
    global _told_at  # noqa: PLW0603 - one progress for one command
    now = time.monotonic()
    if settings.as_json or (now - _told_at < (0.2 if os.isatty(2) else 5) and done < size):
        return
    _told_at = now
    note(settings, "log-progress", done=done, size=size)
