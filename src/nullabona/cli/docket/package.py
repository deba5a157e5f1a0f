"""``nulla docket package``: check a package that an operator handed over, and make the custodian's key."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import settings_of, spoken
from nullabona.docket.production.identity import new_custodian
from nullabona.docket.production.verify import Checked, read_folder, verify_package
from nullabona.errors import UserError
from nullabona.log.policy import Policy
from nullabona.words.catalogue import Language
from nullabona.words.packages import PACKAGES, PROVEN, UNPROVEN

_PATH = click.Path(path_type=Path)


class PolicyUnreadable(UserError):
    """The policy that was named cannot be read."""

    code = "policy-unreadable"
    default_hint = "name a policy file: --policy FILE"


class KeyExists(UserError):
    """An existing key file is never overwritten."""

    code = "docket-key-exists"
    default_hint = "name a new file"


@group()
def package() -> None:
    """Packages: the files that are handed over in answer to a demand."""


@package.command()
@click.argument("folder", type=_PATH, metavar="DIR")
@click.option("--policy", type=_PATH, metavar="FILE", help="The operator's logs and witnesses that you trust.")
@click.option(
    "--custodian", metavar="SHA256", help="The hash of the custodian's certificate, as the operator publishes it."
)
@spoken
@click.pass_context
def verify(context: click.Context, folder: Path, policy: Path | None, custodian: str | None) -> None:
    """Check the package in DIR offline: every file, every signature and the entry in the docket log.

    Says what was proven and what was not. Exit code 3: something does not hold.
    """
    settings = settings_of(context)
    checked = verify_package(read_folder(folder), _policy(policy), custodian and custodian.replace(":", "").lower())
    if settings.as_json:
        emit(_summary(checked))
        return
    for text in _told(checked, settings.language):
        line(text)


@package.command()
@click.argument("name")
@click.argument("path", type=_PATH, metavar="FILE")
@spoken
@click.pass_context
def key(context: click.Context, name: str, path: Path) -> None:
    """Make a key for the custodian NAME, with a self-signed certificate, in FILE (only you can read it).

    Publish the printed hash, so that everybody who checks a package can compare it.
    """
    custodian = new_custodian(name, int(time.time()))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyExists("there is a file of that name already") from error
    with os.fdopen(handle, "wb") as file:
        file.write(custodian.encode())
    settings = settings_of(context)
    emit({"custodian": custodian.fingerprint}) if settings.as_json else line(custodian.fingerprint)
    note(settings, "custodian-made")


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        return Policy.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyUnreadable("the policy file cannot be read") from error


def _summary(checked: Checked) -> dict[str, object]:
    manifest = checked.manifest
    return {
        "package": manifest.package_id,
        "docket_no": manifest.docket_no,
        "operator": manifest.operator.host,
        "instrument": manifest.instrument,
        "answers": {answer.data_class: answer.answer for answer in manifest.answers},
        "custodian": checked.signed_by.fingerprint,
        "timestamped": checked.signed_by.timestamped,
        "witnesses": dict(checked.seen.witnesses),
        "witnessed_s": checked.seen.time_s,
        "unproven": list(_unproven(checked)),
    }


def _told(checked: Checked, language: Language) -> Iterator[str]:
    manifest = checked.manifest
    values: dict[str, object] = {
        "operator": manifest.operator.name,
        "number": manifest.docket_no,
        "files": len(manifest.files),
        "keys": len(checked.signatures),
        "custodian": checked.signed_by.fingerprint,
        "witnesses": ", ".join(name for name, _ in checked.seen.witnesses) or "-",
        "lines": checked.custody_lines,
    }
    for key in PROVEN:
        yield f"  ✓ {PACKAGES.say(key, language, **values)}"
    for answer in manifest.answers:
        yield f"    {answer.data_class}: {answer.answer}{f' ({answer.reason})' if answer.reason else ''}"
    for key in _unproven(checked):
        yield f"  ? {PACKAGES.say(key, language, **values)}"


def _unproven(checked: Checked) -> Iterator[str]:
    """What a package cannot show by itself."""
    given = {
        "policy-own": checked.policy_given,
        "custodian-own": checked.custodian_given,
        "no-timestamp": checked.signed_by.timestamped,
    }
    return (key for key in UNPROVEN if not given.get(key, False))
