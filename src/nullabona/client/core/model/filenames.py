"""File names as others may choose them: what is safe to show and to write (spec/room.md, "Files"). Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME: Final = 255
"""Longest name in bytes of UTF-8: what file systems take."""
_MAX_EXTENSION: Final = 16
_FORBIDDEN: Final = frozenset('<>:"|?*\\/')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in "123456789")]
)
FALLBACK: Final = "file"
ACTIVE: Final = frozenset(
    # What a browser runs or shows as a page of this computer.
    "htm html xht xhtml shtml hta svg svgz xml xsl xslt mht mhtml js mjs jse wasm swf "
    # What Windows runs, or follows to somewhere else.
    "exe com scr pif bat cmd ps1 psm1 psd1 ps1xml vbs vbe wsf wsh wsc sct msi msp mst msc cpl dll ocx sys drv jar jnlp "
    "lnk url website scf inf ini reg chm hlp gadget application appref-ms appx msix appinstaller settingcontent-ms "
    "library-ms search-ms searchconnector-ms theme themepack diagcab rdp iqy oqy dqy rqy slk xll wll xlam xla "
    # What macOS runs or follows.
    "app command terminal tool workflow action scpt scptd applescript osx pkg mpkg dmg webloc inetloc fileloc "
    "mobileconfig prefpane kext "
    # What a Linux desktop runs or follows, and scripts.
    "desktop directory sh bash zsh csh ksh fish run bin appimage deb rpm flatpakref snap service "
    "py pyw pyc pyz rb pl php lua tcl awk "
    # Documents made to hold programs.
    "docm dotm xlsm xltm xlsb pptm potm ppsm ppam sldm one onepkg mdb accdb accde ade adp".split()
)
"""Endings of files that do something when they are opened from a folder."""


def safe_name(text: str) -> str:
    """The last part of ``text``, without controls, direction marks and signs that a system gives a meaning.

    At most 255 bytes, the extension kept; never empty, never hidden, never ``.`` or ``..``; safe again is itself.
    """
    last = text.replace("\\", "/").rpartition("/")[2]
    kept = "".join(" " if char.isspace() else char for char in last if _harmless(char))
    whole = " ".join(unicodedata.normalize("NFC", kept).split()).strip(". ") or FALLBACK
    stem = whole.partition(".")[0].strip().lower()
    return _shortened(f"_{whole}" if stem in _RESERVED else whole)


def saved_name(text: str) -> str:
    """Under which name a file of somebody else's is written: `safe_name`, and ``.txt`` behind what a double click runs.

    So it is with a name without an ending: systems look into such files to find what opens them.
    """
    safe = safe_name(text)
    _, dot, ending = safe.rpartition(".")
    return safe if dot and ending.lower() not in ACTIVE else _shortened(f"{safe}.txt")


def numbered_name(name: str, number: int) -> str:
    """``photo.jpg`` with 2 is ``photo (2).jpg``; of a long name so much is cut that the number stays."""
    return _shortened(name, f" ({number})")


def _harmless(char: str) -> bool:
    if char.isspace():
        return True
    return char not in _FORBIDDEN and unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def _split(name: str) -> tuple[str, str, str]:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _MAX_EXTENSION:
        return name, "", ""
    return stem, dot, extension


def _shortened(name: str, mark: str = "") -> str:
    """At most `MAX_NAME` bytes, with ``mark`` before the ending."""
    stem, dot, extension = _split(name)
    end = mark + dot + extension
    room = MAX_NAME - len(end.encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return stem + end
