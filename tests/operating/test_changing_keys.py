"""docs/how-to/change-keys.md, played: its commands in their order, by a relay, two witnesses and a person's client."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.processes.ports import free_port
from nullabona.processes.program import Ended, Program, nulla, run
from tests.cli.shell import nulla as person
from tests.cli.shell import started
from tests.operating.staging import Place

PAGE = Path(__file__).parents[2] / "docs/how-to/change-keys.md"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def commands() -> list[str]:
    """Those that the page's numbered steps show, in order."""
    return re.findall(r"(?m)^ {8}nulla (.+)$", PAGE.read_text("utf-8").partition("\n## Change\n")[2].split("\n## ")[0])


class Office(Place):
    """A relay with a witness, and the files of the page with their names there."""

    def play(self, command: str, **instead: str) -> Ended:
        """A command as it is on the page, here."""
        return run(nulla(*self.words(command, **instead)))

    def words(self, command: str, **instead: str) -> list[str]:
        """The words of a command of the page, with this test's port, period and files."""
        words = shlex.split(command.partition(" > ")[0])
        if words[0] == "relay":
            words += ["--period", "1", "--listen", self.at]
        places = {"DATA": str(self.data), "relay.example": self.at} | instead
        files = {name: str(self.folder / name) for name in words if re.fullmatch(r"[a-z0-9-]+\.(?:txt|toml)", name)}
        return [(files | places).get(word, word) for word in words]


@contextmanager
def witness(config: Path) -> Iterator[None]:
    """A witness that serves with this configuration."""
    with Program(nulla("witness", "serve", "--config", str(config), "--json")) as process:
        assert process.ready
        yield


def configure(folder: Path, listen: str, vkeys: Sequence[str]) -> Path:
    """What a witness's operator writes; its key is there, or is made."""
    folder.mkdir(exist_ok=True)
    if not (folder / "witness.key").exists():
        write_key_file(folder / "witness.key", [encode_private_key(Kind.COSIGN_ED25519, "new.example/w", bytes(32))])
    lines = (
        'data = "data"',
        'key = "witness.key"',
        f'listen = ["{listen}"]',
        "[[log]]",
        f"vkeys = {json.dumps(vkeys)}",
    )
    (folder / "witness.toml").write_text("\n".join([*lines, ""]))
    return folder / "witness.toml"


def logs_of(policy: str) -> list[str]:
    """The keys of the record in a policy."""
    return re.findall(r"(?m)^log (.+)$", policy)


def looks(profile: Path, stranger: str) -> None:
    """The person's client has the record prove that nobody has this handle; no warning stands afterwards."""
    done = person("contact", "add", stranger, "--json", profile=profile)
    assert "unknown-handle" == json.loads(done.err)["error"]
    assert [] == person("sync", "--json", profile=profile).row["warnings"]


def test_the_keys_of_a_record_are_changed_by_the_page(tmp_path: Path) -> None:
    """One witness becomes two. The person is told, and goes on with the same record. The old key starts nothing."""
    office, profile = Office(tmp_path), tmp_path / "ari"
    change, look, confirm, install, serve = commands()
    witnesses, old = tmp_path / "witnesses.txt", tmp_path / "w"
    (tmp_path / "witnesses").rename(witnesses)
    office.options = (*office.options[:-1], str(witnesses))
    first, second = office.witness.url.removeprefix("http://"), f"127.0.0.1:{free_port()}"

    with office.witness, office.relay():
        assert 0 == person("account", "create", f"ari@{office.at}", "--unprotected", profile=profile).code
        office.grows(2)
        configure(tmp_path / "new", second, ["-"])
        shown = run(nulla("log", "vkey", str(tmp_path / "new/witness.key"))).out.split()[0]
        lines = witnesses.read_text().replace("quorum w\n", f"witness new {shown} http://{second}\n")
        (tmp_path / "new-witnesses.txt").write_text(f"{lines}group both all w new\nquorum both\n")
        drafted = office.play(f"{change} --new-witnesses new-witnesses.txt --json")
        fingerprint = json.loads(drafted.out)["fingerprint"]
        seen = json.loads(office.play(f"{look} --json", **{"witness.toml": str(old / "witness.toml")}).out)
        before, after = logs_of(seen["before"]), logs_of(seen["after"])
        begun = run(nulla("witness", "init", "--config", str(configure(tmp_path / "new", second, after))))
        assert (0, set()) == (begun.code, {*before} & {*after}), begun.err
        for at, folder in enumerate((old, tmp_path / "new"), 1):
            config = {"witness.toml": str(folder / "witness.toml")}
            confirmed = office.play(confirm, FINGERPRINT=fingerprint, **config)
            assert 0 == confirmed.code, confirmed.err
            (tmp_path / f"confirmed-{at}.txt").write_text(confirmed.out)
        assert "[data-in-use]" in office.play(install).err

    assert "[keys-unproven]" in office.play(install.replace("confirmed-2.txt", "")).err
    shutil.copy(office.data / "record/record.key", tmp_path / "old.key")
    installed = office.play(install)
    assert 0 == installed.code, installed.err
    served = nulla(*office.words(serve), "--json")
    size = office.size
    for known in ([*before, *after], after):
        configs = configure(old, first, known), configure(tmp_path / "new", second, after)
        with witness(configs[0]), witness(configs[1]), Program(served) as relay:
            assert relay.ready
            office.grows(size := size + 1)
            looks(profile, f"zed@{office.at}")
            with started("follow", "--json", "--after", "0", profile=profile) as follower:
                while "keys-changed" not in follower.read_line():
                    pass
    shutil.copy(tmp_path / "old.key", office.data / "record/record.key")
    assert "[record-key-replaced]" in run(served[:-1]).err
