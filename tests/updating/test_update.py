"""A release gets from the log to what runs, or is refused with nothing changed (spec/release.md §5)."""

from __future__ import annotations

import asyncio
import zipfile
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from nullabona.errors import PeerError
from nullabona.machine.http_client import HttpMisbehaved, Route
from nullabona.releases.choice import DAY_S, ReleaseFileDiffers, ReleaseOlder, ReleaseRevoked, ReleaseTooNew, Wish
from nullabona.releases.statement import Release, ReleaseFile
from nullabona.updating.environments import InstallFailed
from nullabona.updating.files import FilesMissing, open_place
from nullabona.updating.following import Followed, begin
from nullabona.updating.memory import Memory
from nullabona.updating.update import Here, install, permitted, undo
from nullabona.updating.versions import Versions
from tests.releases.signing import NOW, entry, release, revoke
from tests.updating.places import PublicLog, QuickTools, script

LINUX = "linux-x86_64"
HERE = Here(version="0.0", python=(3, 11), profile=7, now_s=NOW)


def wheel(version: str) -> ReleaseFile:
    """The wheel of a version."""
    return ReleaseFile(
        f"nullabona-{version}-py3-none-any.whl", sha256(script(version)).hexdigest(), len(script(version))
    )


class Quiet(SimpleHTTPRequestHandler):
    """A web server that says nothing."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


def version(number: int) -> Release:
    """A release with its wheel, and one for a machine that this is not."""
    other = ReleaseFile("other-1-cp311-abi3-win_amd64.whl", "a" * 64, 9, "win_amd64")
    return release(number, files=(wheel(f"1.{number}"), other))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """All wheels, somewhere in a folder."""
    (tmp_path / "stick/deep").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "stick/deep" / wheel(f"1.{number}").name).write_bytes(script(f"1.{number}"))
    return tmp_path / "stick"


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """A home without any."""
    return Versions(tmp_path / "home", QuickTools())


def followed(tmp_path: Path, *entries: bytes) -> Followed:
    """A reader of a log with three releases and these entries."""
    log = PublicLog(tmp_path / "log", *(entry(version(number)) for number in range(3)), *entries)
    return log.read(lambda source: begin(Memory(tmp_path / "home"), log.pinned(), source, NOW))


def put_in(found: Followed, name: str, files: Path, versions: Versions) -> None:
    """Install a version if it may be."""
    logged = permitted(found, name, versions, HERE, Wish())
    asyncio.run(install(logged, open_place(str(files), Route()), versions, platform=LINUX))


def test_from_nothing_to_the_newest_and_back(tmp_path: Path, files: Path, versions: Versions) -> None:
    """The files may be anywhere below the folder; wheels for other machines are not needed."""
    found = followed(tmp_path)
    with pytest.raises(ReleaseOlder, match="not the newest"):
        put_in(found, "1.1", files, versions)
    put_in(found, "1.2", files, versions)
    assert "1.2" == versions.current
    with pytest.raises(ReleaseOlder):
        put_in(found, "1.1", files, versions)


def test_an_update_goes_back_to_no_version_that_was_taken_back(tmp_path: Path, files: Path, versions: Versions) -> None:
    """Undo is for what broke, not a way around a revocation."""
    versions.install("1.1", {wheel("1.1"): script("1.1")})
    put_in(followed(tmp_path, entry(revoke("1.1"))), "1.2", files, versions)
    with pytest.raises(ReleaseRevoked):
        undo(followed(tmp_path / "again", entry(revoke("1.1"))), versions, HERE)
    assert ("1.1", "1.1") == (undo(followed(tmp_path / "other"), versions, HERE), versions.current)


@pytest.mark.parametrize("data", [script("6.6"), script("1.2") + b"\n", b""])
def test_a_file_that_is_another_one_is_not_installed(
    tmp_path: Path, files: Path, versions: Versions, data: bytes
) -> None:
    """Other bytes, a byte more, nothing: what ran before still runs."""
    versions.install("1.1", {wheel("1.1"): script("1.1")})
    (files / "deep" / wheel("1.2").name).write_bytes(data)
    with pytest.raises(ReleaseFileDiffers):
        put_in(followed(tmp_path), "1.2", files, versions)
    assert "1.1" == versions.current


def test_a_place_without_the_files_is_said(tmp_path: Path, files: Path, versions: Versions) -> None:
    """A folder that is none, and one that has nothing of the release."""
    found = followed(tmp_path)
    (files / "deep" / wheel("1.2").name).unlink()
    for place in (files, tmp_path / "nowhere"):
        with pytest.raises(FilesMissing):
            put_in(found, "1.2", place, versions)


@pytest.mark.parametrize(("data", "error"), [(script("6.6"), ReleaseFileDiffers), (bytes(1 << 20), HttpMisbehaved)])
def test_a_website_is_as_good_as_its_hashes(
    tmp_path: Path, files: Path, versions: Versions, data: bytes, error: type[PeerError]
) -> None:
    """It may lack what is not needed. Other bytes are refused, and of a file that goes on no more is read."""
    found, name = followed(tmp_path), wheel("1.2").name
    handler = partial(Quiet, directory=str(files / "deep"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"

        async def put() -> None:
            place = open_place(url, Route())
            try:
                await install(permitted(found, "1.2", versions, HERE, Wish()), place, versions, platform=LINUX)
            finally:
                await place.close()

        kept = (files / "deep" / name).read_bytes()
        (files / "deep" / name).write_bytes(data)
        with pytest.raises(error):
            asyncio.run(put())
        assert versions.current is None
        (files / "deep" / name).write_bytes(kept)
        asyncio.run(put())
        server.shutdown()
    assert "1.2" == versions.current


def test_public_for_days_is_by_this_machine_or_an_old_proof(tmp_path: Path, versions: Versions) -> None:
    """The earlier of the two; a clock that went back makes nothing older."""
    found, wish = followed(tmp_path), Wish(days_public=3)
    for now_s in (NOW - DAY_S, NOW + 3 * DAY_S - 1):
        with pytest.raises(ReleaseTooNew):
            permitted(found, "1.2", versions, Here(version="", python=(3, 11), profile=7, now_s=now_s), wish)
    later = Here(version="", python=(3, 11), profile=7, now_s=NOW + 3 * DAY_S)
    assert "1.2" == permitted(found, "1.2", versions, later, wish).release.version
    assert "1.2" == permitted(found, "1.2", versions, HERE, wish, NOW - 3 * DAY_S).release.version
    with pytest.raises(ReleaseTooNew):
        permitted(found, "1.2", versions, HERE, wish, NOW + 9 * DAY_S)


def test_who_is_cancelled_goes_on_holding_the_folder_until_nothing_is_written(tmp_path: Path, files: Path) -> None:
    """As when the app ends: another installation would mix its files with these. And nothing is switched."""

    class Slow(QuickTools):
        begun, go = Event(), Event()

        def make(self, folder: Path) -> None:
            self.begun.set()
            assert self.go.wait(30)
            super().make(folder)

    tools = Slow()
    versions, found = Versions(tmp_path / "home", tools), followed(tmp_path)

    async def work() -> None:
        logged = permitted(found, "1.2", versions, HERE, Wish())
        task = asyncio.create_task(install(logged, open_place(str(files), Route()), versions, platform=LINUX))
        assert await asyncio.to_thread(tools.begun.wait, 30)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        tools.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    assert (None, []) == (versions.current, list((tmp_path / "home/versions").iterdir()))


def test_what_cannot_be_installed_changes_nothing(tmp_path: Path, files: Path, versions: Versions) -> None:
    """As when a wheel that is needed is not there."""

    class Failing(QuickTools):
        def install(self, folder: Path, files: Path, wanted: Path) -> None:
            raise InstallFailed(f"{folder} {files} {wanted}")

    versions.install("1.1", {wheel("1.1"): script("1.1")})
    with pytest.raises(InstallFailed):
        put_in(followed(tmp_path), "1.2", files, Versions(tmp_path / "home", Failing()))
    assert "1.1" == versions.current


def test_pictures_are_installed_with_the_messenger_and_no_other_extra(tmp_path: Path) -> None:
    """Of what it names, and what that needs in turn; an extra of another package is none of ours."""
    needed = {
        "nullabona-1.0": "click\nRequires-Dist: pillow; extra == 'pictures'\nRequires-Dist: jinja2; extra == 'docket'",
        "click-8": "colors; extra == 'pictures'",
        "pillow-13": "reader",
        **dict.fromkeys(("jinja2-3", "colors-1", "reader-1"), "nothing"),
    }
    (tmp_path / "files").mkdir()
    for name, first in needed.items():
        with zipfile.ZipFile(tmp_path / f"files/{name}-py3-none-any.whl", "w") as made:
            made.writestr(f"{name}.dist-info/METADATA", f"Requires-Dist: {first}\n")
    described = [
        ReleaseFile(path.name, sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in sorted((tmp_path / "files").iterdir())
    ]
    log = PublicLog(tmp_path / "log", entry(release(0, files=tuple(described))))
    found = log.read(lambda source: begin(Memory(tmp_path / "home"), log.pinned(), source, NOW))
    given: list[str] = []

    class Listening(QuickTools):
        def install(self, folder: Path, files: Path, wanted: Path) -> None:
            given.extend(line.partition(" ")[0] for line in wanted.read_text().splitlines())
            raise InstallFailed("enough")

    with pytest.raises(InstallFailed, match="enough"):
        put_in(found, "1.0", tmp_path / "files", Versions(tmp_path / "home", Listening()))
    assert ["click==8", "nullabona==1.0", "pillow==13", "reader==1"] == sorted(given)
