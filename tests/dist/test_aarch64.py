"""The packages for aarch64, run by an emulator: the messenger opens a profile there, and encrypts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

EMULATOR: Final = "qemu-aarch64-static"
SUITE: Final = "bookworm"
_ALONE: Final = """
import asyncio, platform, sys
from pathlib import Path
from nullabona.client.api import Options, Unprotected, open_client

async def main(profile):
    async with open_client(profile, unlock=Unprotected(), create=True, options=Options(online=False)) as client:
        await client.account.create("mina@relay.example")
        room = await client.rooms.create_group("notes")
        await client.messages.send(room.id, "안녕 ☺")
        print(platform.machine(), [message.text for message in client.messages.page(room.id)][-1])

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def root(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Debian's Python for aarch64 with the client's package, unpacked: nothing of it runs without the emulator."""
    if not shutil.which(EMULATOR) or not shutil.which("mmdebstrap"):
        pytest.skip("needs root, mmdebstrap and qemu-user-static: tools/need_programs.sh dist")
    packages = list(release.glob("nullabona_*_arm64.deb"))
    if not packages:
        pytest.skip('this release was built without aarch64 (DIST="--machine x86_64")')
    folder = tmp_path_factory.mktemp("arm64") / "root"
    options = ["--variant=extract", "--architectures=arm64", "--include=python3,python3-minimal"]
    subprocess.run(["mmdebstrap", "--quiet", "--mode=root", *options, SUITE, str(folder)], check=True, timeout=900)
    subprocess.run(["dpkg-deb", "--extract", packages[0], folder], check=True)
    yield folder
    shutil.rmtree(folder)


def emulated(root: Path, *words: str) -> str:
    """What the program's own Python there prints."""
    command = [EMULATOR, "-L", str(root), str(root / "usr/lib/nullabona/bin/python"), "-I", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env={"HOME": "/nowhere"})
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.slow
def test_the_command_says_its_version(root: Path, release: Path) -> None:
    """Every module that it needs for that is there."""
    assert "nulla" in emulated(root, str(root / "usr/lib/nullabona/bin/nulla"), "--version")


@pytest.mark.slow
def test_a_person_writes_into_a_room(root: Path, tmp_path: Path) -> None:
    """The store, the passphrase's libraries and MLS are those of aarch64."""
    assert "aarch64 안녕 ☺\n" == emulated(root, "-c", _ALONE, str(tmp_path / "profile"))
