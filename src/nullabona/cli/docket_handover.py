"""``nulla docket hand-over``: the package and its receipt in a folder, sealed if the desk has a custodian's key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from nullabona.cli.docket_case import find
from nullabona.cli.docket_open import AtDesk, Chosen, at_desk, now_s, read_config
from nullabona.cli.docket_show import say_done
from nullabona.cli.output import note
from nullabona.cli.settings import common, settings_of
from nullabona.docket.core.acts import PlainDetails
from nullabona.docket.core.records import CaseId
from nullabona.docket.core.states import Action
from nullabona.docket.desk import HandedOver
from nullabona.docket.folder import write_folder
from nullabona.errors import UserError
from nullabona.machine.keyfile import read_key_file


class FolderExists(UserError):
    """A hand-over never writes into a folder that holds something."""

    code = "docket-folder-exists"
    default_hint = "name a new folder"


@click.command("hand-over")
@click.argument("case")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="A new folder.")
@common
@click.pass_context
def hand_over(context: click.Context, case: str, output: Path) -> None:
    """Write the package into a folder: sealed, with receipt and chain of custody; refused before the receipt.

    It is sealed with the key that docket.toml names as custodian. Without one the package, its receipt and the
    approvals lie side by side, unsigned, and that is said.
    """
    if output.exists() and any(output.iterdir()):
        raise FolderExists("there is something in that folder already")
    chosen = context.find_object(Chosen) or Chosen()
    with at_desk(context) as at:
        found = find(at, case)
        done = at.sign(at.desk.propose(at.who, Action.HAND_OVER, found, PlainDetails()))
        given = at.desk.handed_over(at.who, found)
        config = read_config(chosen.data) if chosen.data else {}
        sealed = _sealed(at, found, given, config) if "custodian" in config else None
        write_folder(output, _loose(given) if sealed is None else sealed)
        say_done(context, at, done)
    if sealed is None:
        note(settings_of(context), "package-unsealed")


def _sealed(at: AtDesk, case: CaseId, given: HandedOver, config: Mapping[str, Any]) -> dict[str, bytes]:
    from nullabona.docket.handing import sealed_files
    from nullabona.docket.production.identity import read_custodian
    from nullabona.docket.production.seal import Seals

    seals = Seals(read_custodian(Path(config["custodian"]).read_bytes()), read_key_file(Path(config["log_keys"])))
    return sealed_files(at.desk, at.who, case, given, seals, now_s())


def _loose(given: HandedOver) -> dict[str, bytes]:
    """What there is without a seal: the package, its receipt, the approvals."""
    files = {f"package/{file.path}": file.data for file in given.package.files}
    files["receipt.json"] = msgspec.json.encode(given.receipt)
    files["approvals.json"] = msgspec.json.encode(given.approvals)
    return files
