"""Another implementation agrees: ts-mls (npm) and we share a group in suite 1, whoever starts it.

Its packages are installed on first use into `.cache/`, from the lock file in `interop/`; without node, npm or the
registry the tests are skipped.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nullabona_mls import SUITE_CLASSIC, Config, Group

from tests.mls.device import ROOM_STATE, Device, config, roster

pytestmark = pytest.mark.slow
INTEROP = Path(__file__).parent / "interop"
FILES = ("package.json", "package-lock.json", "driver.mjs")
CACHE = Path(__file__).parents[2] / ".cache"


def installed() -> Path:
    """A folder with the driver and its packages; made once per content of the lock file and driver."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node or npm is not installed")
    digest = hashlib.sha256(b"".join((INTEROP / name).read_bytes() for name in FILES)).hexdigest()[:16]
    home = CACHE / f"ts-mls-{digest}"
    if not home.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            fresh = Path(name) / "fresh"
            fresh.mkdir()
            for file in FILES:
                shutil.copy(INTEROP / file, fresh)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=fresh, capture_output=True, check=False, timeout=120)
            if done.returncode:
                pytest.skip("npm could not install ts-mls")
            try:
                fresh.rename(home)
            except OSError:  # another worker was first
                assert home.exists()
    return home


class Peer:
    """A ts-mls client in a process of its own."""

    def __init__(self) -> None:
        home = installed()
        self.process = subprocess.Popen(
            ["node", str(home / "driver.mjs")],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"]},
        )

    def ask(self, action: str, **fields: object) -> dict[str, str]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"action": action, **fields}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, str] = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def key_package(self, name: str) -> bytes:
        return bytes.fromhex(self.ask("keyPackage", name=name, extensions=[ROOM_STATE])["keyPackage"])

    def agrees(self, group: Group) -> bool:
        """Same epoch, same authenticator, same exported secret."""
        ours = {
            "epoch": group.epoch,
            "authenticator": group.epoch_authenticator.hex(),
            "exported": group.export_secret("label", b"\1", 32).hex(),
        }
        return ours == self.ask("state")


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def talk(peer: Peer, device: Device, group: Group) -> Group:
    """Messages both ways."""
    for number in range(3):
        message = group.encrypt(device.signer, b"from us %d" % number)
        group = device.keep(group)
        assert {"plaintext": (b"from us %d" % number).hex()} == peer.ask("process", message=message.hex())
        answer = bytes.fromhex(peer.ask("encrypt", plaintext=b"from them".hex())["message"])
        assert b"from them" == group.process(answer).plaintext
        group = device.keep(group)
    return group


def ours_commits(peer: Peer, device: Device, group: Group) -> Group:
    """We renew our leaf and rename the room; they follow."""
    bundle = group.commit(device.signer, update=True, group_ext=[(ROOM_STATE, b"renamed")])
    peer.ask("process", message=bundle.commit.hex())
    group = device.merge(device.keep(group))
    assert peer.agrees(group)
    return group


def theirs_commits(peer: Peer, device: Device, group: Group) -> Group:
    """They renew their leaf; we follow."""
    group, seen = device.follow(group, bytes.fromhex(peer.ask("commit", add=[], remove=[])["commit"]))
    assert "commit" == seen.kind
    assert peer.agrees(group)
    return group


def test_ts_mls_joins_our_group(peer: Peer) -> None:
    """Our Welcome and tree, messages and commits both ways, and our removal of a third member."""
    alice, carol = Device(b"alice", config()), Device(b"carol", config())
    group = alice.create()
    bundle = group.commit(alice.signer, add=[peer.key_package("ts"), carol.key_package()])
    assert bundle.welcome is not None
    assert bundle.tree is not None
    group = alice.merge(alice.keep(group))
    peer.ask("join", welcome=bundle.welcome.hex(), tree=bundle.tree.hex())
    assert peer.agrees(group)
    third = carol.join(bundle)
    assert peer.agrees(third)
    group = talk(peer, alice, group)
    group = ours_commits(peer, alice, group)
    group = theirs_commits(peer, alice, group)
    removal = group.commit(alice.signer, remove=[2])
    peer.ask("process", message=removal.commit.hex())
    group = alice.merge(alice.keep(group))
    assert [(0, b"alice"), (1, b"ts")] == roster(group.members())
    assert peer.agrees(group)
    talk(peer, alice, group)


def test_we_join_the_group_of_ts_mls(peer: Peer) -> None:
    """Their Welcome and tree, messages and commits both ways, and their removal of a third member."""
    cfg = Config(suite=SUITE_CLASSIC, extensions=[ROOM_STATE])
    bob, carol = Device(b"bob", cfg), Device(b"carol", cfg)
    peer.key_package("ts")
    peer.ask("create", groupId=b"theirs".hex())
    answer = peer.ask("commit", add=[bob.key_package().hex(), carol.key_package().hex()], remove=[])
    welcome, tree = bytes.fromhex(answer["welcome"]), bytes.fromhex(answer["tree"])
    group = bob.keep(Group.join(welcome, tree, bob.rows(b"kp"), cfg)[0])
    assert (b"theirs", [(0, b"ts"), (1, b"bob"), (2, b"carol")]) == (group.id, roster(group.members()))
    assert peer.agrees(group)
    group = talk(peer, bob, group)
    bundle = group.commit(bob.signer, update=True)
    peer.ask("process", message=bundle.commit.hex())
    group = bob.merge(bob.keep(group))
    group = theirs_commits(peer, bob, group)
    group, seen = bob.follow(group, bytes.fromhex(peer.ask("commit", add=[], remove=[2])["commit"]))
    assert [(2, b"carol")] == roster(seen.removes)
    assert peer.agrees(group)
    talk(peer, bob, group)
