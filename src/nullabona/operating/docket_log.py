"""The desk's log: its witnesses, and whether the handles of the relay can believe it (spec/operator-notice.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nullabona.errors import Malformed, UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.keys import parse_vkey
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.machine.keyfile import read_key_file
from nullabona.machine.settings import BadConfig
from nullabona.operating.desk_places import places_of
from nullabona.operating.epochs import PUBLIC
from nullabona.operating.log_witnesses import witnesses_in
from nullabona.sequencer import Log, WitnessAddress, open_log


class DocketNameForeign(UserError):
    """The docket's name does not begin with the host of the relay's handles, so no app would believe its notices."""

    code = "docket-name-foreign"
    default_hint = "name the docket HOST/…, HOST being what stands after the @ of your handles, and make its keys so"


def check_origin(origin: str, directory: Path) -> None:
    """Raises `DocketNameForeign` if the record of the directory in ``directory`` is of another host.

    A directory that keeps no record there yet is not compared; notices are, each with its handle, before they go out.
    """
    try:
        note = (directory / PUBLIC / "checkpoint").read_bytes()
        host = parse_checkpoint(parse_note(note).text).origin.partition("/")[0]
    except (OSError, Malformed):
        return
    if not origin.startswith(f"{host}/"):
        raise DocketNameForeign(f"the docket is named {origin}, and the handles end with @{host}")


def open_witnessed_log(data: Path, config: Mapping[str, Any], policy_text: str) -> Log:
    """The desk's log, held by this process. Raises `BadConfig` for witnesses that nobody could reach."""
    policy = Policy.parse(policy_text)
    witnesses = _witnesses(config, policy)
    signers = read_key_file(Path(config["log_keys"]))
    return open_log(
        data / "log", signers, str(config["origin"]), witnesses=witnesses, policy=policy,
        make_store=places_of(data, config).log_rows(),
    )  # fmt: skip


def _witnesses(config: Mapping[str, Any], policy: Policy) -> list[WitnessAddress]:
    """The witnesses that docket.toml names, or else those of the policy, which has their URLs."""
    try:
        named = [
            WitnessAddress(str(each["url"]), tuple(parse_vkey(key) for key in each["vkeys"]))
            for each in config.get("witness", [])
        ]
    except (KeyError, TypeError):
        raise BadConfig("each witness of docket.toml is a table with url and vkeys") from None
    if named:
        return named
    return witnesses_in(policy, ", and docket.toml has no [[witness]]")
