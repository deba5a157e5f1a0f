"""A release log that is published with the commands of ``nulla``, as its people do: real keys, real witnesses."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from nullabona.cli.root import run
from nullabona.drills.stage.witnesses import WITNESSES
from nullabona.processes.program import Ended
from nullabona.processes.servers import WitnessProcess

LOG = "nullabona.example/releases"
SIGNERS = ("mina", "jun", "sora")
TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def nulla(*words: str) -> Ended:
    """The command line within this process: a process for each of thirty commands would take a minute."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            run([*words])
        except SystemExit as end:
            return Ended(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("a command line exits")


class Publisher:
    """The people who release: their folder, the fingerprint of their log, and its policy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.policy = folder / "policy"
        self.fingerprint = ""
        self.log_keys = "log.key"
        for name in (*SIGNERS, "university"):
            self.make_key(name, "--witness", full=f"{name}.example/release")
        self.make_key("log", full=LOG)

    def make_key(self, name: str, *more: str, full: str) -> None:
        """A new key file, and its public lines beside it."""
        made = nulla("log", "keygen", full, str(self.folder / f"{name}.key"), *more)
        assert 0 == made.code, made.err
        (self.folder / f"{name}.pub").write_text(made.out)

    def vkeys(self, name: str = "log") -> list[str]:
        """The log's, or those of another key file."""
        return (self.folder / f"{name}.pub").read_text().split()

    def draft_keys(self) -> str:
        """Draft the first statement; its name."""
        keys = [word for name in SIGNERS for word in ("--key", str(self.folder / f"{name}.pub"))]
        rebuilder = ("--rebuilder", str(self.folder / "university.pub"))
        drafted = self.run("draft-keys", "--log", LOG, "--number", "0", *keys, *rebuilder, "-o", self.path("keys"))
        self.fingerprint = drafted.strip()
        return "keys"

    def draft(self, number: int, version: str, files: dict[str, bytes]) -> str:
        """Draft a release of these files; the statement's name."""
        folder = self.put(version, files)
        self.run(
            "draft", str(folder), "--log", LOG, "--version", version, "--number", str(number), "--tree", TREE,
            "--sbom", str(next(folder.iterdir())), "--python", "3.11", "--reads", "0-1000",
            "-o", self.path(f"s{version}"),
        )  # fmt: skip
        return f"s{version}"

    def put(self, name: str, files: dict[str, bytes]) -> Path:
        """A folder with these files."""
        folder = self.folder / f"files-{name}"
        folder.mkdir()
        for file, data in files.items():
            (folder / file).write_bytes(data)
        return folder

    def enter(self, statement: str, signers: Sequence[str] = SIGNERS[:2]) -> dict[str, object]:
        """Sign and enter a statement; what the command said."""
        return dict(json.loads(self.run("--json", *self.entering(statement, signers))))

    def entering(self, statement: str, signers: Sequence[str]) -> list[str]:
        """The words that enter a statement which these people sign now."""
        for name in signers:
            self.run("sign", self.path(statement), "--key", self.path(f"{name}.key"), "-o",
                     self.path(f"{statement}.{name}"))  # fmt: skip
        return [
            "enter", str(self.log), self.path(statement), *(self.path(f"{statement}.{name}") for name in signers),
            "--log-keys", self.path(self.log_keys), "--policy", str(self.policy),
        ]  # fmt: skip

    def reading(self) -> tuple[str, ...]:
        """The options of those who read the log."""
        return ("--policy", str(self.policy), "--fingerprint", self.fingerprint)

    def run(self, *words: str) -> str:
        """``nulla release`` with these words; it succeeds, and this is what it prints."""
        first = words[:1] if words[0] == "--json" else ()
        done = nulla(*first, "release", *words[len(first) :])
        assert 0 == done.code, done.err
        return done.out

    def path(self, name: str) -> str:
        """A file of theirs."""
        return str(self.folder / name)


@contextmanager
def publishing(folder: Path, *later: str) -> Iterator[Publisher]:
    """A log that two real witnesses cosign, with its first statement entered.

    ``later``: names of further keys of the log, which its witnesses know already.
    """
    made = Publisher(folder)
    for name in later:
        made.make_key(name, full=LOG)
    known = [key for name in ("log", *later) for key in made.vkeys(name)]
    with ExitStack() as stack:
        witnesses = []
        for name in WITNESSES:
            witnesses.append(WitnessProcess(folder / name, name, known))
            stack.callback(witnesses[-1].stop)
        lines = [f"log {key}" for key in made.vkeys()]
        lines += [f"witness {name} {one.vkey} {one.url}" for name, one in zip(WITNESSES, witnesses, strict=True)]
        made.policy.write_text("\n".join([*lines, f"group both all {' '.join(WITNESSES)}", "quorum both", ""]))
        entered = made.enter(made.draft_keys())
        assert made.fingerprint == entered["fingerprint"]
        yield made
