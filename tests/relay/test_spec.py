"""spec/relay.md says what the code does: its tables are compared with the code's own, its example with real bytes."""

from __future__ import annotations

import re
from pathlib import Path

from nullabona.relay.core.limits import describe
from nullabona.relay.core.refusal import REASONS
from nullabona.wire.messages import Append, Appended, Frames, Read, encode

SPEC = (Path(__file__).parents[2] / "spec" / "relay.md").read_text("utf-8")


def test_every_refusal_is_in_the_spec() -> None:
    """The table of refusals is the code's: code, meaning, whether to retry, advice."""
    for reason in REASONS:
        again = "yes" if reason.retryable else "no"
        assert f"| `{reason.code}` | {reason.meaning} | {again}: {reason.advice} |" in SPEC
    assert len(REASONS) == len(re.findall(r"^\| `[a-z-]+` \| [A-Z]", SPEC, re.MULTILINE))


def test_every_limit_is_in_the_spec() -> None:
    """The table of limits is the code's: name, default, unit, meaning."""
    for limit in describe():
        assert f"| `{limit.name}` | {limit.default:,} | {limit.unit} | {limit.meaning} |" in SPEC
    assert len(describe()) == len(re.findall(r"^\| `[a-z_]+` \| [0-9]", SPEC, re.MULTILINE))


def test_the_example_is_real() -> None:
    """The lengths in the example are those of real requests and responses."""
    key, mark = bytes(32), bytes(8)
    bodies = (
        encode(Append(0, key, key, bytes(512))),
        encode(Read(0, key, key, 0, 1_000, 600)),
        encode(Appended(1, mark)),
        encode(Frames(mark, 1, ((1, bytes(512)),))),
    )
    assert [len(body) for body in bodies] == [
        int(length, 16) for length in re.findall(r"^0000000[12] ([0-9a-f]{8})  ", SPEC, re.MULTILINE)
    ]
