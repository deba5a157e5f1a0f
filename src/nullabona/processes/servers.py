"""Relays and witnesses as processes of their own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from errno import ENOTEMPTY
from pathlib import Path
from typing import Final

from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.processes.ports import free_port
from nullabona.processes.program import NULLA, ProcessFailed, Program, nulla, python

ANY_PORT: Final = "127.0.0.1:0"
_ATTEMPTS: Final = 100
_BEGIN_S: Final = 60.0


class RelayProcess(Program):
    """``nulla relay serve``, on ``data`` or without a disk. Raises `ProcessFailed` if it does not start.

    A new one's record is begun before, with `nulla relay init`, unless ``begin`` is false.
    ``temporary`` is its working directory, its home and the place of its temporary files, so that a search of it
    finds whatever the relay writes beside its data. ``program`` runs in place of ``nulla``: an operator may have
    changed it. ``pinned`` stands before the command (``taskset``).
    """

    def __init__(
        self,
        data: Path | None,
        *more: str,
        listen: str = ANY_PORT,
        log: Path | None = None,
        temporary: Path | None = None,
        program: Sequence[str] = NULLA,
        pinned: Sequence[str] = (),
        begin: bool = True,
    ) -> None:
        self._data = data
        if temporary is not None:
            temporary.mkdir(parents=True, exist_ok=True)
        if listen == ANY_PORT and data is not None:
            listen = f"127.0.0.1:{free_port()}"  # handles of this machine contain it, so it is chosen before `init`
        if data is not None and begin:
            begin_record(data, *more, listen=listen, cwd=temporary)
        kept = ("--volatile",) if data is None else ("--data", str(data.resolve()))
        command = python(*program, "relay", "serve", *kept, "--listen", listen, "--json", *more)
        env = None if temporary is None else _environment(temporary.resolve())
        super().__init__((*pinned, *command), log=log, cwd=temporary, env=env, session=temporary is not None)
        self.url: str = self.ready["ready"]

    @property
    def data(self) -> Path:
        """Its data directory, if it has one."""
        assert self._data is not None
        return self._data

    @property
    def authority(self) -> str:
        """``host:port``, as in handles."""
        return self.url.split("://", 1)[1].split("/", 1)[0]

    @property
    def address(self) -> tuple[str, int]:
        """The same for a socket."""
        host, _, port = self.authority.rpartition(":")
        return host, int(port)


def begin_record(data: Path, *more: str, listen: str, cwd: Path | None = None) -> None:
    """Run ``nulla relay init`` for a relay with these options, if it is due. Raises `ProcessFailed`."""
    record = Path(more[more.index("--record") + 1]) if "--record" in more else data / "record"
    begun = (record / "log.db").exists()
    if begun and (data / "cards.db").exists():
        return
    lost = ("--cards-lost",) if begun else ()
    command = nulla("relay", "init", "--data", str(data.resolve()), "--listen", listen, *more, *lost)
    ended = Program(command, cwd=cwd).wait(_BEGIN_S)
    if ended.code != 0:
        raise ProcessFailed(f"a record could not be begun: {ended.err[-2_000:]}")


class WitnessProcess(Program):
    """A witness with a new key and everything else in ``folder``, which is made; it knows the log with these keys.

    Evidence is kept in ``data/evidence`` there. ``more`` are further lines of its configuration. ``mirrored``: the URL
    of the directory whose log it is; then the witness mirrors its map.
    """

    def __init__(self, folder: Path, name: str, vkeys: Sequence[str], *more: str, mirrored: str = "") -> None:
        folder.mkdir()
        self.key = folder / "witness.key"
        write_key_file(self.key, [encode_private_key(Kind.COSIGN_ED25519, name, secrets.token_bytes(32))])
        lines = ['data = "data"', 'key = "witness.key"', f'listen = ["{ANY_PORT}"]', *more]
        map_line = [f"map = {json.dumps(mirrored)}"] if mirrored else []
        config = folder / "witness.toml"
        config.write_text("\n".join([*lines, "[[log]]", f"vkeys = {json.dumps(list(vkeys))}", *map_line, ""]), "utf-8")
        log = folder.with_name(f"{folder.name}.log")
        begun = Program(nulla("witness", "init", "--config", str(config))).wait(_BEGIN_S)
        if begun.code != 0:
            raise ProcessFailed(f"a witness could not begin: {begun.err[-2_000:]}")
        super().__init__(nulla("witness", "serve", "--config", str(config), "--json"), log=log)
        self.url: str = self.ready["ready"]
        self.vkey: str = self.ready["vkeys"][0]


def _environment(home: Path) -> dict[str, str]:
    """Ours, but for where files go that have no other place; what is found from where we are is found from there."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    paths = [str(Path.cwd()), *filter(None, ours.get("PYTHONPATH", "").split(os.pathsep))]
    ours["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths))
    return ours | {"TMPDIR": str(home), "HOME": str(home)}


def delete_data(data: Path) -> None:
    """Delete everything in a data directory, while its relay may be running and write into it once more.

    Raises `OSError` if something is still there after many attempts.
    """
    for _ in range(_ATTEMPTS):
        for path in data.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if not any(data.iterdir()):
            return
    raise OSError(ENOTEMPTY, os.strerror(ENOTEMPTY), str(data))
