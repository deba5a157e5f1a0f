"""A small process that holds a text in its memory, in one way or another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from nullabona.processes.program import Program, python

CHILD = """
import base64, gzip, mmap, sys, unicodedata, zlib
text = bytes.fromhex(sys.stdin.readline()).decode()
way = sys.argv[1]
held = {
    "clean": lambda: None,
    "str": lambda: text + "!",
    "bytes": lambda: text.encode() * 2,
    "fragment": lambda: text.encode()[9:30],
    "nfd": lambda: unicodedata.normalize("NFD", text).encode(),
    "base64": lambda: base64.b64encode(b"x" + text.encode()),
    "hex": lambda: text.encode().hex(),
    "zlib": lambda: zlib.compress(text.encode()),
    "gzip": lambda: gzip.compress(text.encode()),
    "mapped": lambda: mmap.mmap(-1, 1 << 20),
}[way]()
if way == "mapped":
    held[70_000:70_000 + len(text.encode())] = text.encode()
if way == "clean":
    sys.stdin.reconfigure(line_buffering=True)
if way != "str":
    del text
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def holding(program: str, way: str, given: bytes) -> Iterator[int]:
    """A process that was told ``given`` in hex, keeps it in one way, and waits. Its number."""
    process = Program(python("-S", "-c", program, way))
    try:
        assert "ready\n" == process.tell(given.hex())
        yield process.pid
    finally:
        process.wait()


def child(way: str, text: str) -> AbstractContextManager[int]:
    """A process that holds ``text`` in one way."""
    return holding(CHILD, way, text.encode())
