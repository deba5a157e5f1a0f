"""Recordings on disk, so that attackers can run again without the society living again.

A recording is found again only by the same seed, size, defences and code: every file that has a part in it is hashed
into its name. What is written is plain arrays, without pickles.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.defences import Defences
from bench.leakage.society import Size
from bench.leakage.trace import Owners, Pair, Recording, Truth

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".cache" / "leakage"
LIVED: Final = (
    "circles", "clockwork", "cover", "defences", "device", "hours", "intents", "life", "lines", "machine", "ours",
    "own_card", "per_device_digests", "room_acts", "rooms_life", "saying", "shelf_rows", "simulation", "society",
    "talk", "tap", "trace", "unpadded",
)  # fmt: skip
"""The modules here that have a part in a recording of ours."""
CODE: Final = (
    *(f"bench/leakage/{name}.py" for name in LIVED), "tests/rooms/world.py", "tests/rooms/devices.py",
    "src/nullabona/client", "src/nullabona/relay", "src/nullabona/wire", "crates/mls/src",
)  # fmt: skip


def path_of(seed: int, size: Size, defences: Defences, folder: Path = FOLDER, seized: int = 0) -> Path:
    """Where the recording lies, if there is one. ``seized``: see `Society.seized`."""
    name = f"ours-{size.accounts}-{size.days}-{size.pace:g}-{seed}-{defences.label}"
    name += "-acquainted" if size.acquainted else ""
    name += f"-day{seized}" if seized else ""
    return folder / f"{name}-{code_hash()}.npz"


def code_hash() -> str:
    """A short hash of `CODE`."""
    total = sha256()
    for path in sorted(_files()):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


def _files() -> Iterable[Path]:
    for part in CODE:
        path = ROOT / part
        if path.is_file():
            yield path
        else:
            yield from (file for file in path.rglob("*") if file.suffix in {".py", ".rs", ".sql"})


def save(recording: Recording, path: Path) -> None:
    """Write it, whole or not at all."""
    truth = recording.truth
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(
                file,
                design=np.array(recording.design),
                live=recording.live,
                disk=recording.disk,
                memory=recording.memory,
                directory=_from_map(recording.directory),
                accounts=np.array(truth.accounts),
                talks=_from_pairs(sorted(truth.talks)),
                rooms=_from_pairs([(room, member) for room, each in enumerate(truth.rooms) for member in sorted(each)]),
                room_count=np.array(len(truth.rooms)),
                room_of=_from_map(truth.room_of),
                chain=_from_pairs(truth.chain),
                account_of_conn=truth.account_of_conn.accounts,
                account_of_addr=_from_map(truth.account_of_addr),
            )
        temporary.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def load(path: Path) -> Recording:
    """What `save` wrote. Raises `FileNotFoundError`."""
    with np.load(path, allow_pickle=False) as kept:
        rooms: list[set[int]] = [set() for _ in range(int(kept["room_count"]))]
        for room, member in _to_pairs(kept["rooms"]):
            rooms[room].add(member)
        truth = Truth(
            accounts=int(kept["accounts"]),
            talks=frozenset(_to_pairs(kept["talks"])),
            rooms=[frozenset(room) for room in rooms],
            room_of=dict(_to_pairs(kept["room_of"])),
            chain=_to_pairs(kept["chain"]),
            account_of_conn=Owners(kept["account_of_conn"]),
            account_of_addr=dict(_to_pairs(kept["account_of_addr"])),
        )
        directory = dict(_to_pairs(kept["directory"]))
        return Recording(str(kept["design"]), kept["live"], kept["disk"], kept["memory"], directory, truth)


def _from_map(pairs: Mapping[int, int]) -> NDArray[np.int64]:
    return _from_pairs(list(pairs.items()))


def _from_pairs(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _to_pairs(pairs: NDArray[np.int64]) -> list[Pair]:
    return [(int(one), int(other)) for one, other in pairs]
