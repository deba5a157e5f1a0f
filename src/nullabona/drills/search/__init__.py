"""The search that drills rest on: is any of these secrets, in any form, in these files or in that memory?

``secret`` says what is looked for, ``forms`` how it may be written, ``index`` finds it in bytes, ``bare`` an address
that is nothing but that, ``unpack`` opens compressed streams and ``archives`` compressed files, ``sources`` and
``memory`` read disks and processes, ``swap`` says how much of a process is in swap, ``hunt`` puts them together.
"""

from nullabona.drills.search.bare import Bare
from nullabona.drills.search.hunt import Finding, Hunt, Searched
from nullabona.drills.search.memory import OPEN_FILE, MemoryDenied, NoProcess, memory_chunks, open_files
from nullabona.drills.search.secret import Kind, Secret, load_secrets, save_secrets
from nullabona.drills.search.sources import Chunk, files_below, program_files
from nullabona.drills.search.swap import Swap, look_at_swap

__all__ = [
    "OPEN_FILE",
    "Bare",
    "Chunk",
    "Finding",
    "Hunt",
    "Kind",
    "MemoryDenied",
    "NoProcess",
    "Searched",
    "Secret",
    "Swap",
    "files_below",
    "load_secrets",
    "look_at_swap",
    "memory_chunks",
    "open_files",
    "program_files",
    "save_secrets",
]
