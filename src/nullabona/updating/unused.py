"""What the wheels of other projects bring and nothing of ours uses, so that an installation need not keep it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

UNUSED: Final = {
    r"apsw/(tests|sqlite_extra_binaries)/": "SQLite's shell and its tests, which no code of ours starts",
    r"apsw/(_?unicode|bestpractice|ext|fts5\w*|mcall|shell|speedtest|sqlite_extra|trace)\.": "none of ours imports it",
    r"apsw/fts_test_strings$": "its tests read it",
    r"PIL/_avif\.|pillow\.libs/libavif-": "AVIF is none of the formats that client/media/images.py opens",
    r"PIL/_imagingft\.|pillow\.libs/lib(freetype|harfbuzz|brotli|png16)": "nothing of ours writes text into a picture",
    r"PIL/_imagingtk\.": "no window of ours is made with Tk",
    r"picows/websockets/": "a face of picows for programs that were written for another library",
    r"multidict/_testcapi\.": "its own tests use it",
    # Not those of `typst` and the others of the legal desk: what they read while they run was not looked at.
    r"(aiofastnet|apsw|cffi|more_itertools|multidict|nacl|picows|PIL|yarl)/.*\.(pyi|pyx|pxd|c|h)$": "for compilers",
}
"""Patterns of paths below site-packages, and why nobody misses them."""
_UNUSED: Final = re.compile("|".join(UNUSED))


def remove_unused(site_packages: Path) -> int:
    """Remove it from an installation; so many bytes are free then. Packages that lack a file of these work without it.

    Raises `OSError`.
    """
    freed = 0
    for path in sorted(site_packages.rglob("*")):
        if _UNUSED.match(path.relative_to(site_packages).as_posix()) and (path.is_file() or path.is_symlink()):
            freed += path.lstat().st_size
            path.unlink()
    return freed
