"""The lists of the offline folder pin what is in it, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from tools.dist import offline, sums, weigh

EXPORTED: Final = """\
click==8.5.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
pywin32-ctypes==0.2.3 ; sys_platform == 'win32' \\
    --hash=sha256:cc
zipp==4.1.2 ; python_full_version < '3.12' \\
    --hash=sha256:dd
"""


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_markers_decide_what_a_linux_needs() -> None:
    """A package for Windows is for no Linux; one for old Pythons only for these."""
    pinned = {one.name: one for one in offline.parse(EXPORTED)}
    assert {"click": ("aa", "bb"), "pywin32-ctypes": ("cc",), "zipp": ("dd",)} == {
        name: tuple(value.removeprefix("sha256:") for value in one.hashes) for name, one in pinned.items()
    }
    for python, needed in (("3.11", {"click", "zipp"}), ("3.12", {"click"})):
        assert needed == {name for name, one in pinned.items() if one.needed(python, "x86_64")}


def test_the_list_has_the_hashes_of_the_files_in_the_folder(tmp_path: Path) -> None:
    """The project's own wheels are pinned, too; what has no file in the folder is not in the list."""
    wheels = {
        "nullabona-0.1.0-py3-none-any.whl": b"ours",
        "nullabona_mls-0.1.0-cp311-abi3-manylinux_2_28_x86_64.whl": b"seam",
        "click-8.5.1-py3-none-any.whl": b"click",
        "zipp-4.1.2-py3-none-any.whl": b"zipp",
    }
    for name, data in wheels.items():
        (tmp_path / name).write_bytes(data)
    assert (
        f"click==8.5.1 \\\n    --hash=sha256:{hashed(b'click')}\n"
        f"nullabona==0.1.0 \\\n    --hash=sha256:{hashed(b'ours')}\n"
        f"nullabona-mls==0.1.0 \\\n    --hash=sha256:{hashed(b'seam')}\n"
        f'zipp==4.1.2 ; python_full_version < "3.12" \\\n    --hash=sha256:{hashed(b"zipp")}\n'
    ) == offline.listed(list(offline.parse(EXPORTED)), tmp_path)


def test_sums_name_every_file_but_themselves(tmp_path: Path) -> None:
    """Written twice they are the same, sorted by name, folders with slashes."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c").write_bytes(b"c")
    (tmp_path / "a").write_bytes(b"a")
    first = sums.write(tmp_path).read_text()
    assert f"{hashed(b'a')}  a\n{hashed(b'c')}  b/c\n" == first
    assert first == sums.write(tmp_path).read_text()


def test_weights_count_what_a_distribution_brought(tmp_path: Path) -> None:
    """Bytecode is counted apart, the heaviest is first, files that are missing weigh nothing."""
    for name, size in (("light", 10), ("heavy", 3_000_000)):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text(f"{name}.bin,,\n{name}.py,,\n__pycache__/{name}.cpython-311.pyc,,\ngone.py,,\n")
        (tmp_path / f"{name}.bin").write_bytes(bytes(size))
        (tmp_path / f"{name}.py").touch()
        (tmp_path / "__pycache__").mkdir(exist_ok=True)
        for of in ("", ".opt-1"):  # the second is in no list, as is what Python writes by itself
            (tmp_path / f"__pycache__/{name}.cpython-311{of}.pyc").write_bytes(bytes(5))
    found = weigh.weights(tmp_path)
    assert [weigh.Weight(3_000_000, 10, "heavy 1.0"), weigh.Weight(10, 10, "light 1.0")] == found
    assert "    3.00     0.00  together" == weigh.table(found).splitlines()[-1]
