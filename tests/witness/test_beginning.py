"""A witness that has forgotten what it cosigned does not go on under its key: on an empty folder or an old copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import monotonic

import pytest

from nullabona.processes.ports import free_port
from nullabona.processes.program import Program, nulla, run
from nullabona.processes.servers import ANY_PORT, RelayProcess, WitnessProcess

MOST_S = 60


def refusal(word: str, config: Path) -> tuple[int, str]:
    """How `nulla witness` ends, and the code that it says."""
    ended = run(nulla("witness", word, "--config", str(config)))
    return ended.code, ended.err.partition("[")[2].partition("]")[0]


@pytest.mark.slow
@pytest.mark.timeout(300)  # nine processes one after another
def test_a_witness_that_has_forgotten_does_not_go_on(tmp_path: Path) -> None:
    """The log shows what the key has signed, so an empty folder does not begin and an old copy does not start."""
    relay_at, witness_at = (f"127.0.0.1:{free_port()}" for _ in range(2))
    options = ("--host", relay_at, "--period", "1", "--witnesses", str(tmp_path / "witnesses"))
    data, memory, old = tmp_path / "data", tmp_path / "w/data", tmp_path / "old"
    (tmp_path / "witnesses").write_text("quorum none\n")
    begun = run(nulla("relay", "init", "--data", str(data), "--listen", relay_at, *options))
    with WitnessProcess(tmp_path / "w", "w.example/w", begun.out.split()) as witness:
        (tmp_path / "witnesses").write_text(f"witness w {witness.vkey} http://{witness_at}/\nquorum w\n")
    config = tmp_path / "w/witness.toml"
    config.write_text(config.read_text().replace(ANY_PORT, witness_at) + f'url = "http://{relay_at}/log/"\n')
    shutil.copytree(memory, old)
    serving = nulla("witness", "serve", "--config", str(config), "--json")
    with Program(serving) as witness_again, RelayProcess(data, *options, listen=relay_at, begin=False):
        assert witness_again.ready["ready"] == f"http://{witness_at}"
        checkpoint, end = data / "record/public/checkpoint", monotonic() + MOST_S
        while not checkpoint.exists():
            assert monotonic() < end
        witness_again.stop()
        with Program(serving) as same:
            assert same.ready
        shutil.rmtree(memory)
        assert (6, "witness-not-begun") == refusal("serve", config)
        assert (6, "witness-older") == refusal("init", config)
        assert not memory.exists()
        shutil.copytree(old, memory)
        assert (6, "witness-older") == refusal("serve", config)
    shutil.rmtree(memory)
    assert (4, "unreachable") == refusal("init", config)
    assert not memory.exists()
