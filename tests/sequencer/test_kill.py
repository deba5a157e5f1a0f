"""A real process, killed again and again in the middle of its work, leaves a log that is whole and goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nullabona.log.note import parse_note
from nullabona.processes.program import Program, python
from tests.sequencer.logs import POLICY, audit, make_log, publish, root_of

WORK = """
import asyncio, sys
from pathlib import Path
from tests.sequencer.logs import make_log
from tests.witness.running import START

log = make_log(Path(sys.argv[1]))

async def work():
    number = int(sys.argv[2])
    while True:
        first = log.stage([b"%d %d" % (number, n) for n in range(number % 300)], key=b"%d" % number).start
        print("staged", number, first, flush=True)
        published = await log.publish(START)
        print("published", published.size, published.root.hex(), flush=True)
        number += 1

asyncio.run(work())
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(2))
def test_kill_9_loses_nothing(tmp_path: Path, seed: int) -> None:
    """What was staged is at its number, what was published is where the log began, and one size has one root."""
    chance = random.Random(seed)
    staged: dict[int, int] = {}
    roots: dict[int, str] = {}
    number = 100
    for _ in range(6):
        process = Program(python("-c", WORK, str(tmp_path), str(number)), cwd=ROOT)
        for _ in range(chance.randrange(1, 16)):
            note_line(process.read_line(), staged, roots)
        for line in process.kill().out.splitlines(keepends=True):
            note_line(line, staged, roots)
        number = max(staged)  # the last one is staged again under its key: it may have been killed before it said so
        see(tmp_path, roots)
    log = make_log(tmp_path)
    publish(log)
    log.release()
    seen, entries = audit(log.public)
    for key, first in staged.items():
        assert [b"%d %d" % (key, n) for n in range(key % 300)] == entries[first : first + key % 300]
    assert len(set(entries)) == len(entries)
    for size, root in roots.items():
        assert root_of(entries[:size]).hex() == root
    assert seen.checkpoint.size >= max(roots)


def note_line(line: str, staged: dict[int, int], roots: dict[int, str]) -> None:
    """Take down what the process said; a line that was cut off says nothing."""
    words = line.split(" ") if line.endswith("\n") else []
    if words[:1] == ["staged"]:
        first = staged.setdefault(int(words[1]), int(words[2]))
        assert int(words[2]) == first
    elif words[:1] == ["published"]:
        assert roots.setdefault(int(words[1]), words[2].strip()) == words[2].strip()


def see(folder: Path, roots: dict[int, str]) -> None:
    """What everybody can see after the kill is no step back from what was said to be published."""
    path = folder / "public/checkpoint"
    if roots or path.exists():
        checkpoint = POLICY.check(parse_note(path.read_bytes())).checkpoint
        assert checkpoint.size >= max(roots, default=0)
        assert roots.setdefault(checkpoint.size, checkpoint.root.hex()) == checkpoint.root.hex()
