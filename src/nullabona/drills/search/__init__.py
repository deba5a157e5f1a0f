"""The search that drills rest on: is any of these secrets, in any form, in these files or in that memory?

``secret`` says what is looked for, ``forms`` how it may be written, ``index`` finds it in bytes, ``unpack`` opens
compressed streams, ``sources`` and ``memory`` read disks and processes, ``hunt`` puts them together.
"""

from nullabona.drills.search.hunt import Finding, Hunt, Searched
from nullabona.drills.search.memory import OPEN_FILE, MemoryDenied, NoProcess, memory_chunks, open_files
from nullabona.drills.search.secret import Kind, Secret, load_secrets, save_secrets
from nullabona.drills.search.sources import Chunk, files_below

__all__ = [
    "OPEN_FILE",
    "Chunk",
    "Finding",
    "Hunt",
    "Kind",
    "MemoryDenied",
    "NoProcess",
    "Searched",
    "Secret",
    "files_below",
    "load_secrets",
    "memory_chunks",
    "open_files",
    "save_secrets",
]
