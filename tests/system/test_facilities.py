"""Each branch of `nullabona.system` for another system, on a stand-in with that system's own rules."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.system.conftest import System


def told(system: System, code: str, **known: object) -> Any:  # noqa: ANN401 - whatever the piece of code prints
    """What a piece of Python prints as JSON there; ``known`` are its names."""
    names = "".join(f"{name} = {value!r}\n" for name, value in known.items())
    ended = system.run(names + dedent(code))
    assert (0, "") == (ended.code, ended.err)
    return json.loads(ended.out)


def test_a_file_that_is_looked_into_is_replaced_when_that_ends(windows: System, tmp_path: Path) -> None:
    """A virus scanner closes a new file soon; a program that does not is waited for a second, and nothing is lost."""
    found = told(
        windows,
        """
        import json, threading, time
        from pathlib import Path
        from nullabona.system.files import replace
        folder = Path(folder)
        (folder / "old").write_text("old"); (folder / "new").write_text("new")
        scanner = (folder / "old").open("rb")
        threading.Timer(0.2, scanner.close).start()
        replace(folder / "new", folder / "old")
        soon = (folder / "old").read_text()
        (folder / "newer").write_text("newer")
        kept, began = (folder / "old").open("rb"), time.monotonic()
        try:
            replace(folder / "newer", folder / "old")
        except PermissionError:
            refused = True
        took = time.monotonic() - began
        kept.close()
        print(json.dumps([soon, refused, took, (folder / "old").read_text(), (folder / "newer").read_text()]))
        """,
        folder=str(tmp_path),
    )
    soon, refused, took, old, newer = found
    assert ("new", True, "new", "newer") == (soon, refused, old, newer)
    assert 0.9 <= took < 5


def test_bytes_are_what_was_written(windows: System, tmp_path: Path) -> None:
    """Neither line ends nor the byte that once ended a text change anything."""
    data = told(
        windows,
        """
        import json, os
        from pathlib import Path
        from nullabona.system.files import create_private, open_private, open_untrusted
        path = Path(folder) / "file"
        file = create_private(path); os.write(file, b"a\\nb\\x1ac\\r\\n"); os.close(file)
        read = []
        for opened in (open_private(path), open_untrusted(path)):
            read.append(os.read(opened, 100).hex()); os.close(opened)
        print(json.dumps(read))
        """,
        folder=str(tmp_path),
    )
    assert [b"a\nb\x1ac\r\n".hex()] * 2 == data


@pytest.mark.parametrize("refuses", [False, True])
def test_macos_empties_the_cache_of_the_drive(tmp_path: Path, refuses: bool) -> None:  # noqa: FBT001
    """By itself fsync leaves it there; a file system that knows only fsync gets that."""
    asked = told(
        System("darwin"),
        """
        import fcntl, json, os
        from pathlib import Path
        from nullabona.system.files import create_private, sync, sync_data
        asked = []
        def control(file, command):
            asked.append(command)
            if refuses:
                raise OSError(45, "Operation not supported")
        def fsync(file):
            asked.append("fsync")
        fcntl.fcntl, os.fsync = control, fsync
        file = create_private(Path(folder) / "file")
        sync(file); sync_data(file)
        print(json.dumps(asked))
        """,
        folder=str(tmp_path),
        refuses=refuses,
    )
    assert ([51, "fsync", 51, "fsync"] if refuses else [51, 51]) == asked


def test_processes_talk_over_a_port_that_strangers_learn_nothing_at(windows: System, tmp_path: Path) -> None:
    """One who has the secret is answered; one who guesses, and one who says nothing, are told no secret byte."""
    said, stranger, files = told(
        windows,
        """
        import asyncio, json, os
        from pathlib import Path
        from nullabona.system.local_socket import Folder, LocalServer
        folder = Path(folder)
        async def answer(reader, writer):
            writer.write(b"ours " + await reader.readline()); writer.close()
        async def main():
            server = LocalServer(folder, "app")
            await server.serve(answer)
            port, secret = (folder / "app.port").read_text().split()
            reader, writer = await Folder(folder, "app").connect()
            writer.write(b"hello\\n")
            said = (await reader.read()).decode()
            reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
            writer.write(bytes(32))
            challenge = await reader.readexactly(64)
            writer.write(bytes(32))
            rest = await reader.read()
            files = sorted(path.name for path in folder.iterdir())
            server.close()
            stranger = [secret in challenge.hex(), len(rest)]
            print(json.dumps([said, stranger, [files, sorted(path.name for path in folder.iterdir())]]))
        asyncio.run(main())
        """,
        folder=str(tmp_path),
    )
    assert ("ours hello\n", [False, 0]) == (said, stranger)
    assert [["app.port"], []] == files


@pytest.mark.parametrize("told_before", ["", "49152", "x y"])
def test_another_program_at_the_port_is_told_nothing(windows: System, tmp_path: Path, told_before: str) -> None:
    """It may listen there after the app has ended; a file that is half written is no reason to wait either."""
    refused, heard = told(
        windows,
        """
        import asyncio, json
        from pathlib import Path
        from nullabona.system.local_socket import Folder
        folder, heard, met, left = Path(folder), bytearray(), asyncio.Event(), asyncio.Event()
        async def listen(reader, writer):
            met.set()
            heard.extend(await reader.readexactly(32))
            writer.write(bytes(64))
            heard.extend(await reader.read())
            writer.close()
            left.set()
        async def main():
            server = await asyncio.start_server(listen, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            (folder / "app.port").write_text(told_before or f"{port} {'ab' * 32}")
            try:
                await Folder(folder, "app").connect()
                refused = False
            except OSError:
                refused = True
            if met.is_set():
                await left.wait()
            print(json.dumps([refused, len(heard)]))
        asyncio.run(main())
        """,
        folder=str(tmp_path),
        told_before=told_before,
    )
    assert refused
    assert heard <= 32


def test_macos_has_a_socket_where_its_path_is_short_enough(tmp_path: Path) -> None:
    """Elsewhere a port, as on Windows: nothing fails because a home is deep."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    made = told(
        System("darwin"),
        """
        import asyncio, json, tempfile
        from pathlib import Path
        from nullabona.system.local_socket import Folder, LocalServer
        async def answer(reader, writer):
            writer.write(b"ours"); writer.close()
        async def main():
            made = []
            with tempfile.TemporaryDirectory(dir="/tmp") as short:
                for folder in (Path(short), Path(deep)):
                    server = LocalServer(folder, "app")
                    await server.serve(answer)
                    reader, _ = await Folder(folder, "app").connect()
                    made.append([path.name for path in folder.iterdir()] + [(await reader.read()).decode()])
                    server.close()
            print(json.dumps(made))
        asyncio.run(main())
        """,
        deep=str(deep),
    )
    assert [["app.sock", "ours"], ["app.port", "ours"]] == made


def test_a_process_confines_itself_by_a_job(windows: System) -> None:
    """Memory first, then time; a system that refuses is an error, and nothing goes on unconfined."""
    before, after, refused, environment = told(
        windows,
        """
        import ctypes, json
        from pathlib import Path
        from nullabona.system.limits import Confinement, bare_environment
        def limit(name):  # of the real system, on which the stand-in sets them
            lines = Path("/proc/self/limits").read_text().splitlines()
            return next(line for line in lines if line.startswith(name)).split()[3]
        before = [limit("Max address space"), limit("Max cpu time")]
        confined = Confinement(8 << 30)
        confined.allow_cpu(100)
        after = [limit("Max address space"), int(limit("Max cpu time"))]
        ctypes.WinDLL("kernel32").AssignProcessToJobObject = lambda *_: 0
        try:
            Confinement(8 << 30)
            refused = False
        except OSError:
            refused = True
        print(json.dumps([before, after, refused, list(bare_environment())]))
        """,
    )
    assert str(8 << 30) != before[0]
    assert str(8 << 30) == after[0]
    assert 100 <= after[1] <= 110
    assert (True, ["SYSTEMROOT"]) == (refused, environment)


def test_macos_goes_on_without_a_limit_of_memory_only(tmp_path: Path) -> None:
    """It refuses one below what is mapped; files, sockets and dumps are limited there, too."""
    assert [0, 0, 0] == told(
        System("darwin"),
        """
        import json, resource
        from nullabona.system.limits import Confinement
        Confinement(1 << 20)
        names = (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE)
        print(json.dumps([resource.getrlimit(name)[0] for name in names]))
        """,
    )


def test_a_former_header_is_overwritten_where_open_files_cannot_be_replaced(windows: System, tmp_path: Path) -> None:
    """It opens with the passphrase from before; what an interruption left is erased at the next opening."""
    left, kept = told(
        windows,
        """
        import json
        from pathlib import Path
        from nullabona.client.store import header
        from nullabona.client.store.keyslot import UnprotectedSlot
        path = Path(folder) / "profile.json"
        made = lambda name: header.Header("nullabona profile", 1, name, b"check", UnprotectedSlot(b"k" * 32))
        header.write_header(path, made("first"))
        header.write_header(path, made("second"))
        left = sorted(file.name for file in path.parent.iterdir())
        path.with_name("profile.json.old").write_bytes(b"opens with the former passphrase")
        header.erase_former(path)
        files = sorted(file.name for file in path.parent.iterdir())
        print(json.dumps([left, [files, header.read_header(path).profile]]))
        """,
        folder=str(tmp_path),
    )
    assert ["profile.json"] == left
    assert [["profile.json"], "second"] == kept
