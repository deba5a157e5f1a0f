"""Other people's Go: x/mod's note and tlog, and transparency-dev's formats, check ours and sign for us.

Needs Go, and its modules at the versions of tests/log/peers/go.sum, which it fetches itself the first time.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, new_signer, vkey
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from tests.log.logs import ED, ML, WITNESSES, SmallLog

FOLDER = Path(__file__).parent / "peers"
KEYS = [vkey(each) for each in (ED, ML, *WITNESSES)]
ADDRESSES = [f"witness w{number} {key} https://w{number}.example/" for number, key in enumerate(KEYS[2:])]
SOMEBODY = vkey(new_signer(Kind.COSIGN_ED25519, "somebody.example", b"\x11" * 32))
POLICY = "\n".join([*ADDRESSES, "group all-of-them all w0 w1 w2", "quorum all-of-them", ""])

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def go(command: str, value: object) -> Any:  # noqa: ANN401 - what another program answers
    """The answer of the Go program."""
    program = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if program is None:
        pytest.skip("there is no Go on this machine")
    run = subprocess.run(
        [program, "run", ".", command], cwd=FOLDER, input=json.dumps(value), capture_output=True, text=True, check=False
    )
    if run.returncode and "dial tcp" in run.stderr:
        pytest.skip("Go's modules are not on this machine and cannot be fetched")
    assert 0 == run.returncode, run.stderr
    return json.loads(run.stdout)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def case(size: int, index: int, old_size: int, **changes: object) -> dict[str, object]:
    """A log's proof for Go to check, everything cosigned."""
    log = SmallLog(size)
    return {
        "Proof": b64(log.proof(index).encode()),
        "Entry": b64(log.entries[index]),
        "Origin": log.checkpoint.origin,
        "Keys": KEYS,
        "Policy": POLICY,
        "OldSize": old_size,
        "OldRoot": b64(SmallLog(old_size).root),
        "Growth": [b64(each) for each in log.grew_from(old_size)],
        **changes,
    }


def test_go_believes_our_proofs_and_nothing_else() -> None:
    """Notes of both algorithms, cosignatures, the policy, inclusion and growth; and each of them when it is wrong."""
    rng = random.Random(4)
    sizes = [1, 2, 3, 255, 256, 257, 700, *(rng.randrange(4, 1500) for _ in range(10))]
    good = [case(size, rng.randrange(size), rng.randrange(size)) for size in sizes]
    bad = [
        case(700, 5, 300, Entry=b64(b"another")),
        case(700, 5, 300, OldSize=301),
        case(700, 5, 300, Origin="other.example"),
        case(700, 5, 300, Keys=[*KEYS, SOMEBODY]),
        case(700, 5, 300, Policy=f"witness w {SOMEBODY} https://w.example/\nquorum w\n"),
    ]
    answers = go("check", good + bad)
    assert [""] * len(good) == answers[: len(good)]
    expected = ["inclusion", "consistency", "got Origin", "5 of 6 keys signed", "not witnessed"]
    assert [True] * len(bad) == [part in answer for part, answer in zip(expected, answers[len(good) :], strict=True)]


def test_we_believe_what_go_signs() -> None:
    """A checkpoint with its Ed25519 and ML-DSA-44 keys, and a cosignature with a time."""
    log = SmallLog(99)
    checkpoint = Checkpoint("go.example/log", 99, log.root)
    signed = go("sign", checkpoint.encode().decode())
    lines = [f"log {key}" for key in signed["Logs"]] + [f"witness go {key}" for key in signed["Witnesses"]]
    policy = Policy.parse("\n".join([*lines, "quorum go", ""]))
    seen = policy.check(parse_note(base64.b64decode(signed["Note"])))
    assert (checkpoint, "go") == (seen.checkpoint, seen.witnesses[0][0])
    assert {Kind.ED25519, Kind.COSIGN_MLDSA44} == {key.kind for key in policy.keys_of("go.example/log")}
    assert seen.time_s is not None
