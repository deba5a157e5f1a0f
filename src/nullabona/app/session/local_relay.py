"""A relay on this machine, for trying the app with nobody else's: a process that ends with the app.

Nothing but this machine reaches it. Its port stays the same, because handles contain it. Other users of the machine and
every program reach it as well, so it registers only accounts of this person's apps, and keeps little (spec/app.md §5).
"""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import Final

from nullabona.client.profile import default_profile_path
from nullabona.extras import require
from nullabona.log.keys import Kind, vkey
from nullabona.machine.keyfile import KeyFileUnusable, encode_private_key, read_key_file, write_key_file
from nullabona.processes.ports import free_port
from nullabona.processes.program import NULLA_TIED, ProcessFailed
from nullabona.processes.servers import RelayProcess
from nullabona.system.support import require_server_system
from nullabona.wire.handle import parse_handle

_FOLDER: Final = "relay"
_HOST: Final = "127.0.0.1"
_PATIENCE_S: Final = 20.0
_PAUSE_S: Final = 0.5
_DAYS: Final = 1
_SETTINGS: Final = """\
registration = "token"
registration_keys = "relay.pub"
registrations_per_day = 100

[limits]
frame_bytes_per_day = 67_108_864
blob_bytes_per_day = 268_435_456
connections = 256
waiting_total = 4_096
queue_bytes = 16_777_216
unsent_total_bytes = 67_108_864
arriving_total_bytes = 67_108_864
"""
"""A few people, and two files of the largest size a day: at most about 10 GB in the 30 days that things are kept."""


def token_keys(home: Path) -> Path:
    """The folder of the keys that make registration tokens for the relays that this person's apps run."""
    return default_profile_path(environment=os.environ, home=home).parents[1] / "relays"


def token_here(keys: Path, handle: str) -> str:
    """A registration token for ``handle`` if an app of this person runs its relay here; otherwise empty.

    Raises `HandleError`.
    """
    authority = parse_handle(handle).authority
    host, _, port = authority.partition(":")
    if host != _HOST:
        return ""
    try:
        key = read_key_file(_key(keys, int(port)))[0]
    except KeyFileUnusable:
        return ""
    from nullabona.operating.registration import make_tokens  # only here: most accounts are elsewhere

    return make_tokens(key, authority, days=_DAYS, count=1)[0]


class LocalRelay:
    """The relay whose data are in ``folder``, and which takes tokens of a key in the folder ``keys``."""

    def __init__(self, folder: Path, keys: Path) -> None:
        self._data = folder / _FOLDER
        self._keys = keys
        self._process: RelayProcess | None = None
        self._starting = asyncio.Lock()

    async def start(self, port: int = 0) -> int:
        """Run it at ``port`` (0: a free one) unless it runs; its port.

        Raises `SystemUnsupported`, `ExtraMissing`, `ProcessFailed`, or `KeyFileUnusable`. The relay of the process
        before may need a moment to leave the port.
        """
        require_server_system()
        require("relay")
        async with self._starting:
            if self._process is None:
                port = port or free_port()
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        self._process = await self._try(port)
                except TimeoutError:
                    raise ProcessFailed("the server on this machine did not start") from None
            return self._process.address[1]

    async def _try(self, port: int) -> RelayProcess:
        while True:
            begun = asyncio.ensure_future(asyncio.to_thread(self._run, port))
            try:
                return await asyncio.shield(begun)
            except ProcessFailed:
                await asyncio.sleep(_PAUSE_S)
            except asyncio.CancelledError:  # the thread goes on, and nobody waits for what it starts
                begun.add_done_callback(_stop_late)
                raise

    def _run(self, port: int) -> RelayProcess:
        settings = self._write_settings(port)
        return RelayProcess(self._data, "--config", str(settings), listen=f"{_HOST}:{port}", program=NULLA_TIED)

    def _write_settings(self, port: int) -> Path:
        """The relay's configuration, beside its data, with the public key of the tokens that it takes."""
        key, settings = _key(self._keys, port), self._data.with_name("relay.toml")
        self._keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not key.exists():
            write_key_file(key, [encode_private_key(Kind.ED25519, f"{_HOST}/{port}", secrets.token_bytes(32))])
        settings.with_name("relay.pub").write_text(f"{vkey(read_key_file(key)[0])}\n", "utf-8")
        settings.write_text(_SETTINGS, "utf-8")
        return settings

    async def end(self) -> None:
        """End it. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.stop)


def _key(keys: Path, port: int) -> Path:
    return keys / f"{port}.key"


def _stop_late(begun: asyncio.Future[RelayProcess]) -> None:
    if not begun.cancelled() and begun.exception() is None:
        asyncio.get_running_loop().run_in_executor(None, begun.result().stop)
