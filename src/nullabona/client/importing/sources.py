"""What the person chose: a file, a folder or an archive, and the media beside the text. Never writes anywhere.

Names in an export are never followed out of it: media lie inside the folder or the archive, or are not there.
"""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe, NotAnExport
from nullabona.client.importing.lines import Bytes

MOST_MEMBERS: Final = 200_000
MOST_BYTES: Final = 256 * 1_073_741_824
"""Most bytes that an archive may claim to hold."""
RATIO: Final = 300
"""Text shrinks to a tenth; more than this is no text."""
_SMALL: Final = 8 * 1_048_576
"""The ratio of smaller files is not checked."""
_TEXTS: Final = (".txt", ".csv", ".json")
_MOST_TEXTS: Final = 200
_SAYS_UTF8: Final = 0x800
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How messengers and systems pack. Others are not opened: a few bytes can ask them for gigabytes of memory."""
_HINT: Final = "unpack it yourself and import the folder"
BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)
"""What `zipfile` raises while it reads an archive that is damaged, locked or of a kind that it does not know."""


class Media(Protocol):
    """The files that came with an export."""

    def size(self, name: str) -> int | None:
        """How large a file is; None if the export does not have it."""
        ...

    def open(self, name: str) -> IO[bytes]: ...
    def close(self) -> None:
        """Nothing more is asked for now. Harmless to repeat."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """A file as the person gave it: where it lies, or what is in it."""

    name: str
    path: Path | None = None
    data: bytes = field(default=b"", repr=False)

    def open(self) -> IO[bytes]:
        """Raises `OSError`."""
        return io.BytesIO(self.data) if self.path is None else self.path.open("rb")

    @property
    def size(self) -> int:
        return len(self.data) if self.path is None else self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Source:
    """A text of an export, and where its media are. ``name`` is the file's own, ``folder`` what it is in."""

    name: str
    given: Given
    folder: str = ""
    member: str = ""
    media: Media | None = field(default=None, compare=False)

    @contextmanager
    def open(self) -> Iterator[Bytes]:
        """The bytes of the text. Raises `ExportUnreadable` or `ExportUnsafe`, also while they are read."""
        if self.member:
            with _archive(self.given) as archive, _member(archive, self.member) as stream:
                yield stream
            return
        try:
            with self.given.open() as plain:
                yield plain
        except OSError as error:
            raise ExportUnreadable(f"{self.name} cannot be read") from error


def sources_of(path: Path) -> list[Source]:
    """The texts of a file, a folder or an archive, in the order of their names.

    Raises `ExportUnreadable`, `ExportUnsafe`, or `NotAnExport` if there are none.
    """
    try:
        mode = path.stat().st_mode
        listed = sorted(path.iterdir()) if stat.S_ISDIR(mode) else []
    except OSError as error:
        raise ExportUnreadable(f"{path.name} cannot be read", hint="give the path of an exported file") from error
    if stat.S_ISDIR(mode):
        texts = [each for each in listed if _is_text(each)]
        found = [Source(each.name, Given(each.name, each), str(path), media=FolderMedia(path)) for each in texts]
    elif not stat.S_ISREG(mode):
        raise NotAnExport(f"{path.name} is no file")
    else:
        found = _of_file(Given(path.name, path), str(path.parent), FolderMedia(path.parent))
    if not found:
        raise NotAnExport(f"{path.name} holds no exported chat")
    return found[:_MOST_TEXTS]


def sources_handed(files: Sequence[Given]) -> list[Source]:
    """As `sources_of`, for files that were handed over together: texts, archives, and media that belong to them."""
    media = HandedMedia(files)
    texts = [each for each in files if each.name.lower().endswith((*_TEXTS, ".zip"))]
    found = [source for each in texts for source in _of_file(each, "", media)]
    if not found:
        raise NotAnExport("none of the files is an exported chat")
    return found[:_MOST_TEXTS]


def _of_file(given: Given, folder: str, media: Media) -> list[Source]:
    if given.name.lower().endswith(_TEXTS):
        return [Source(given.name, given, folder, media=media)]
    with given.open() as stream:
        packed = zipfile.is_zipfile(stream)
    return _in_archive(given, folder) if packed else [Source(given.name, given, folder, media=media)]


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in _TEXTS and path.is_file() and not path.is_symlink()


def _in_archive(given: Given, folder: str) -> list[Source]:
    with _archive(given) as archive:
        names = {_real_name(info): info.filename for info in archive.infolist() if not info.filename.endswith("/")}
    media = ArchiveMedia(given)
    texts = sorted(name for name in names if name.lower().endswith(_TEXTS) and "__MACOSX/" not in name)
    lone = [name for name in texts if "/" not in name.strip("/")] or texts
    return [Source(_shown(given, name), given, f"{folder}/{given.name}", names[name], media) for name in lone]


def _real_name(info: zipfile.ZipInfo) -> str:
    """What a file of an archive is called: old packers write names in the encoding of their system."""
    if info.flag_bits & _SAYS_UTF8 or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _shown(given: Given, member: str) -> str:
    """``_chat.txt`` says nothing of the chat, its archive does."""
    last = PurePosixPath(member).name
    return f"{PurePosixPath(given.name).stem}.txt" if last == "_chat.txt" else last


@contextmanager
def _archive(given: Given) -> Iterator[zipfile.ZipFile]:
    try:
        with given.open() as stream, zipfile.ZipFile(stream) as archive:
            _check(archive, given.size)
            yield archive
    except ExportUnsafe:
        raise
    except BROKEN as error:
        raise ExportUnreadable(f"{given.name} is damaged, or locked with a password") from error


def _check(archive: zipfile.ZipFile, size: int) -> None:
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise ExportUnsafe("the archive has more files than any export")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise ExportUnsafe("the archive says that it holds more than any export")
    if sum(info.compress_size for info in infos) > size:
        raise ExportUnsafe("files of the archive lie over one another")


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[Bytes]:
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise ExportUnreadable("the archive is locked with a password", hint=_HINT)
    if info.compress_type not in _METHODS:
        raise ExportUnreadable("the archive is packed in an unusual way", hint=_HINT)
    if info.file_size > _SMALL and info.file_size > RATIO * max(info.compress_size, 1):
        raise ExportUnsafe("a file of the archive is packed so tightly that it cannot be a chat")
    with archive.open(info) as stream:
        yield _Bounded(stream, info.file_size)


class _Bounded:
    """Reads no more bytes than the archive claims."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ExportUnsafe("a file of the archive is longer than the archive says")
        return data


def _inside(name: str) -> PurePosixPath | None:
    """``name`` as a path that stays where it is; None if it leads anywhere else."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not name or path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
        return None
    return path


class FolderMedia:
    """Files in the folder of a text, in whatever form of Unicode their names are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, dict[str, str]] = {}

    def size(self, name: str) -> int | None:
        found = self._find(name)
        try:
            return found.stat().st_size if found is not None else None
        except OSError:
            return None

    def open(self, name: str) -> IO[bytes]:
        found = self._find(name)
        if found is None:
            raise ExportUnreadable("a file of the export is missing")
        try:
            return found.open("rb")
        except OSError as error:
            raise ExportUnreadable("a file of the export cannot be read") from error

    def close(self) -> None:
        """Holds nothing open."""

    def _find(self, name: str) -> Path | None:
        """The regular file of that name; links are not followed out of the folder."""
        inside = _inside(name)
        if inside is None:
            return None
        here = self._folder
        try:
            for part in inside.parts:
                if (here / part).exists():
                    here = here / part
                    continue
                real = self._listed(here).get(unicodedata.normalize("NFC", part))
                if real is None:
                    return None
                here = here / real
            root, found = self._folder.resolve(), here.resolve()
            return found if found.is_file() and found.is_relative_to(root) else None
        except (OSError, ValueError):
            return None

    def _listed(self, folder: Path) -> dict[str, str]:
        key = str(folder)
        if key not in self._names:
            names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
            self._names[key] = {unicodedata.normalize("NFC", name): name for name in names}
        return self._names[key]


def _is_media(info: zipfile.ZipInfo) -> bool:
    fits = info.file_size <= RATIO * max(info.compress_size, 1) + _SMALL
    return fits and info.compress_type in _METHODS and not info.filename.endswith("/")


class ArchiveMedia:
    """Files in the archive of a text. Their names are never paths here."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._known: dict[str, zipfile.ZipInfo] | None = None
        self._opened: zipfile.ZipFile | None = None
        self._stream: IO[bytes] | None = None

    def size(self, name: str) -> int | None:
        info = self._find(name)
        return info.file_size if info is not None else None

    def open(self, name: str) -> IO[bytes]:
        info = self._find(name)
        if info is None:
            raise ExportUnreadable("a file of the export is missing")
        try:
            if self._opened is None:
                self._stream = self._given.open()
                self._opened = zipfile.ZipFile(self._stream)
            return self._opened.open(info)
        except BROKEN as error:
            raise ExportUnreadable("a file of the archive is damaged") from error

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        if self._stream is not None:
            self._stream.close()
        self._opened = self._stream = None

    def _find(self, name: str) -> zipfile.ZipInfo | None:
        if self._known is None:
            with _archive(self._given) as archive:
                self._known = {}
                for info in archive.infolist():
                    if _is_media(info):
                        plain = unicodedata.normalize("NFC", _real_name(info))
                        self._known.setdefault(plain, info)
                        self._known.setdefault(PurePosixPath(plain).name, info)
        return self._known.get(unicodedata.normalize("NFC", name))


class HandedMedia:
    """Files that were handed over together with a text; their folders are not known, only their last names."""

    def __init__(self, files: Sequence[Given]) -> None:
        self._files = {unicodedata.normalize("NFC", each.name): each for each in files}

    def size(self, name: str) -> int | None:
        found = self._find(name)
        return found.size if found is not None else None

    def open(self, name: str) -> IO[bytes]:
        found = self._find(name)
        if found is None:
            raise ExportUnreadable("a file of the export is missing")
        return found.open()

    def close(self) -> None:
        """Holds nothing open."""

    def _find(self, name: str) -> Given | None:
        inside = _inside(name)
        return self._files.get(unicodedata.normalize("NFC", inside.name)) if inside is not None else None
