"""Other people's programs agree with ours: Tessera's fsck, and a witness made of Go's and transparency-dev's parts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nullabona.log.keys import Kind, new_signer
from nullabona.log.note import parse_note
from nullabona.machine.keyfile import encode_private_key
from nullabona.sequencer import WitnessAddress, open_log
from tests.reading.served import served
from tests.sequencer.logs import ORIGIN, SIGNERS, make_log, publish
from tests.witness.running import seed

PEERS = Path(__file__).parent / "peers"
GO = shutil.which("go") or shutil.which("/usr/local/go/bin/go")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(GO is None, reason="Go is not installed"),
]


def build(folder: Path, package: str) -> Path:
    """A program built from the versions in peers/go.mod and go.sum."""
    program = folder / package.rpartition("/")[2]
    command = [GO or "", "build", "-mod=readonly", "-o", str(program), package]
    environment = os.environ | {"GOFLAGS": ""}
    built = subprocess.run(command, cwd=PEERS, env=environment, capture_output=True, text=True, check=False)
    if built.returncode and "dial tcp" in built.stderr:
        pytest.skip("the modules of peers/go.mod are not here, and there is no network to fetch them")
    assert 0 == built.returncode, built.stderr
    return program


@pytest.fixture(scope="module")
def fsck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tessera's fsck."""
    return build(tmp_path_factory.mktemp("bin"), "github.com/transparency-dev/tessera/cmd/fsck")


@pytest.fixture(scope="module")
def witness_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small witness in peers/witness."""
    return build(tmp_path_factory.mktemp("bin"), "./witness")


def verdict(program: Path, url: str, folder: Path) -> str:
    """What fsck says of the log at this URL: ``whole``, or the line in which it finds it is not.

    When fsck has found something invalid it says so and goes on waiting for the rest; it is not waited for.
    """
    key = folder / "vkey"
    key.write_text(SIGNERS[0].verifier.encode())
    command = [str(program), f"--storage_url={url}", f"--public_key={key}", "--ui=false", "--logtostderr", "-v=1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        wrong = next((line for line in process.stderr if "Invalid" in line or "fsck failed" in line), None)
        if wrong is not None:
            process.kill()
    return wrong or ("whole" if process.returncode == 0 else f"exit {process.returncode}")


@pytest.mark.parametrize("size", [1, 256, 257, 70_000])
def test_tesseras_fsck_finds_the_log_whole(fsck: Path, tmp_path: Path, size: int) -> None:
    """Every bundle, every tile and the root are as Tessera computes them; with one byte changed they are not."""
    log = make_log(tmp_path / "log")
    for part in (size // 3, size - size // 3):
        log.stage([b"entry"] * part)
        publish(log)
    log.release()
    with served(log.public) as url:
        assert "whole" == verdict(fsck, url, tmp_path)
        tile = min((path for path in log.public.glob("tile/0/**/*") if path.is_file()), key=str)
        tile.write_bytes(bytes(len(tile.read_bytes())))
        assert "whole" != verdict(fsck, url, tmp_path)


@pytest.mark.parametrize("kind", [Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44])
def test_a_witness_of_go_parts_cosigns(witness_program: Path, tmp_path: Path, kind: Kind) -> None:
    """Go's note and tlog packages accept our checkpoints and proofs; we accept transparency-dev's cosignatures."""
    name = "witness.example/go"
    private = encode_private_key(kind, name, seed(name))
    keys = (new_signer(kind, name, seed(name)).verifier,)
    command = [str(witness_program), SIGNERS[0].verifier.encode(), private]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = WitnessAddress(process.stdout.readline().strip(), keys)
        try:
            log = open_log(tmp_path, SIGNERS, ORIGIN, witnesses=[address])
            for count in (1, 2, 253, 300, 0):
                log.stage([b"entry"] * count)
                published = publish(log)
                assert 3 == len(parse_note(published.note).signatures)
            log._circle.known[address.key] = 17
            assert 556 == publish(log).size
            log.release()
        finally:
            process.kill()
