"""A witness begins once and only when told to, and does not go on from a memory that is older than its signatures.

An empty folder under an old key has forgotten what was cosigned, and so has an old copy: a log could then get this
witness's signature on a second history. Nobody else can make its cosignatures, so what a log shows of them is true.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from nullabona.errors import PeerError, UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import MAX_NOTE, parse_note, verify_note
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, Route, parse_url
from nullabona.witness.config import Config
from nullabona.witness.store.opening import has_begun, open_rows, where
from nullabona.witness.store.rows import WitnessRows

_ANSWER_S: Final = 10.0
_NONE: Final = frozenset({404, 410})
_log: Final = logging.getLogger("nullabona.witness")


class WitnessNotBegun(UserError):
    """There is no memory of what was cosigned where the configuration says that it is."""

    code = "witness-not-begun"
    default_hint = (
        "if this witness is new: nulla witness init, with the same configuration. If it is not, its disk is not "
        "mounted or its data is gone: mount it, or make a new key and tell the operators (docs/how-to/run-a-witness.md)"
    )


class WitnessBegun(UserError):
    """This witness has begun already."""

    code = "witness-begun"
    default_hint = "start it: nulla witness serve, with the same configuration"


class WitnessOlder(UserError):
    """This witness has cosigned more than it remembers."""

    code = "witness-older"
    default_hint = (
        "do not start it with this key again: its data is an old copy or gone, or another machine runs with the same "
        "key; make a new key and tell the operators (docs/how-to/run-a-witness.md)"
    )


def check_begun(config: Config) -> None:
    """Raises `WitnessNotBegun`, before anything is made."""
    if not has_begun(config):
        raise WitnessNotBegun(f"there is no memory of a witness in {where(config)}")


def begin(config: Config, route: Route | None = None) -> None:
    """Make the empty memory of a new witness.

    Raises `WitnessBegun`; `WitnessOlder` if a log shows a cosignature by this key; `PeerError` if a log does not say.
    """
    if has_begun(config):
        raise WitnessBegun(f"there is a memory of a witness in {where(config)} already")
    asyncio.run(_compare(config, {}, route or Route(timeout_s=_ANSWER_S), strict=True))
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    open_rows(config, begins=True).close()


async def check_memory(config: Config, store: WitnessRows, route: Route | None = None) -> None:
    """Raises `WitnessOlder` if a log shows a cosignature by this key of more than ``store`` has.

    A log that does not answer is only told of: it gets nothing signed either.
    """
    held = {log.origin: each.size for log in config.logs if (each := store.find(log.origin)) is not None}
    await _compare(config, held, route or Route(timeout_s=_ANSWER_S), strict=False)


async def _compare(config: Config, held: Mapping[str, int], route: Route, *, strict: bool) -> None:
    for origin, url in config.urls.items():
        try:
            size = await _cosigned(config, origin, url, route)
        except PeerError as error:
            if strict:
                raise
            _log.warning("the log %s does not show what was cosigned of it: %s", origin, error.code)
            continue
        if size > held.get(origin, 0):
            raise WitnessOlder(
                f"the log {origin} shows a cosignature by this witness's key of {size} entries, and the data here "
                f"knows of {held.get(origin, 0)}"
            )


async def _cosigned(config: Config, origin: str, url: str, route: Route) -> int:
    """The size that the log shows with a cosignature by our own key; 0 if there is none. Raises `PeerError`."""
    client = HttpClient(parse_url(url), route)
    try:
        reply = await client.get("checkpoint", MAX_NOTE)
    finally:
        await client.close()
    if reply.status in _NONE:
        return 0
    if reply.status != 200:
        raise HttpMisbehaved(f"the log's server answers {reply.status}")
    note = parse_note(reply.body)
    checkpoint = parse_checkpoint(note.text)
    own = tuple(each.verifier for each in config.signers)
    return checkpoint.size if checkpoint.origin == origin and verify_note(note, own) else 0
