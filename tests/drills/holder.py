"""A small process that holds a text in its memory, in one way or another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

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
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", program, way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(given.hex() + "\n")
        process.stdin.flush()
        assert "ready\n" == process.stdout.readline()
        yield process.pid
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def child(way: str, text: str) -> AbstractContextManager[int]:
    """A process that holds ``text`` in one way."""
    return holding(CHILD, way, text.encode())
