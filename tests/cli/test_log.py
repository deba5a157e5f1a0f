"""``nulla log`` as a person meets it: what is printed, what it exits with, and what is never printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nullabona.processes.program import nulla as nulla_command
from nullabona.sequencer import open_log
from tests.sequencer.logs import ORIGIN, SIGNERS, make_log, policy_text, publish
from tests.witness.running import log_signers


def nulla(*words: object, stdin: bytes = b"", lang: str = "C") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a real process."""
    environment = os.environ | {"LANG": lang, "LC_ALL": lang, "PYTHONUTF8": "1"}
    command = nulla_command("log", *map(str, words))
    done = subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A folder with a log of 300 entries, and its policy beside it."""
    made = make_log(tmp_path / "log")
    made.stage([b"entry %d\n" % n for n in range(300)])
    publish(made)
    made.release()
    (tmp_path / "policy").write_text(policy_text())
    return tmp_path


@pytest.mark.slow
def test_verify_says_what_was_checked(log: Path) -> None:
    """With a policy the signatures too; without one it says that nobody's were. Lies end with 3."""
    code, out, _ = nulla("verify", log / "log", "--policy", log / "policy")
    assert (0, True) == (code, f"{ORIGIN}: all 300 entries" in out)
    code, out, err = nulla("verify", log / "log/public", "--json")
    assert (0, False, 300, "") == (code, json.loads(out)["signed"], json.loads(out)["size"], err)
    code, _, err = nulla("verify", log / "log")
    assert (0, True) == (code, "no signature was checked" in err)
    path = log / "log/public/tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"entry 7\n", b"entry 8\n"))
    code, out, err = nulla("verify", log / "log", "--policy", log / "policy", lang="ko_KR.UTF-8")
    assert (3, "", True, True) == (code, out, "[log-differs]" in err, "기록이 서명된 것과 달라요" in err)


@pytest.fixture
def sides(log: Path) -> Path:
    """The log, and checkpoints beside it that its keys signed: of other histories, and of its own beginning."""
    for name, size, lie in (("as-large", 300, b"!"), ("smaller", 250, b"!"), ("begun", 130, b"")):
        made = make_log(log / f"{name}-log")
        made.stage([b"entry %d%s\n" % (n, lie if n > 1 else b"") for n in range(size)])
        publish(made)
        made.release()
        (log / name).write_bytes((log / f"{name}-log/public/checkpoint").read_bytes())
    return log


@pytest.mark.slow
def test_two_histories_are_proven_to_whoever_is_shown_them(sides: Path) -> None:
    """Of one size by themselves; of two with the log's files, and then by a file that needs them no more."""
    now, policy = sides / "log/public/checkpoint", ("--policy", sides / "policy")
    code, out, err = nulla("verify-evidence", sides / "as-large", now, *policy)
    assert (0, 3, "", True) == (code, len(out.splitlines()), err, "HAS TWO HISTORIES" in out)
    code, out, err = nulla("verify-evidence", sides / "smaller", now, *policy, lang="ko_KR.UTF-8")
    assert (1, "", True) == (code, out, "[fork-undecided]" in err and "알 수 없어요" in err)
    more = ("--log", sides / "log", "-o", sides / "proof", "--json")
    code, out, _ = nulla("verify-evidence", sides / "smaller", now, *policy, *more)
    said = json.loads(out)
    assert (0, True, "log", ORIGIN) == (code, said["forked"], said["by"], said["origin"])
    assert (250, 300) == (said["first"]["size"], said["second"]["size"])
    code, out, _ = nulla("verify-evidence", sides / "proof", *policy, lang="ko_KR.UTF-8")
    assert (0, True) == (code, "기록이 둘로 갈라졌어요" in out)


@pytest.mark.slow
def test_what_is_no_fork_is_refused(sides: Path) -> None:
    """An honest beginning, a file that is nothing, another policy: exit 3, and nothing is claimed."""
    now, policy = sides / "log/public/checkpoint", ("--policy", sides / "policy")
    (sides / "rubbish").write_bytes(b"{}")
    (sides / "strange").write_text(policy_text(log_signers("log.example/strange")))
    for words, said in (
        ((sides / "begun", now, *policy, "--log", sides / "log"), "both checkpoints are in the log"),
        ((sides / "rubbish", *policy), "does not have the form"),
        ((sides / "as-large", now, "--policy", sides / "strange"), "not signed both"),
        ((now, now, *policy), "are the same"),
    ):
        code, out, err = nulla("verify-evidence", *words)
        assert (3, "", True, True) == (code, out, "[fork-evidence-invalid]" in err, said in err), words


@pytest.mark.slow
def test_a_proof_goes_from_hand_to_hand(log: Path) -> None:
    """Made by number or by bytes, checked offline, and refused for other bytes."""
    (log / "entry").write_bytes(b"entry 7\n")
    code, out, _ = nulla("prove", log / "log", 7, "--policy", log / "policy")
    assert (0, True) == (code, out.startswith("c2sp.org/tlog-proof@v1\nindex 7\n"))
    assert 0 == nulla("prove", log / "log", "--entry", log / "entry", "--policy", log / "policy", "-o", log / "p")[0]
    assert out == (log / "p").read_text()
    code, _, err = nulla("check", log / "p", log / "entry", "--policy", log / "policy")
    assert (0, True) == (code, "entry 7" in err)
    code, out, _ = nulla("check", log / "p", "-", "--policy", log / "policy", "--json", stdin=b"entry 7\n")
    assert (0, 7) == (code, json.loads(out)["index"])
    code, _, err = nulla("check", log / "p", "-", "--policy", log / "policy", stdin=b"entry 8\n")
    assert (3, True) == (code, "[proof-invalid]" in err)
    assert 2 == nulla("prove", log / "log")[0]
    assert 3 == nulla("prove", log / "log", 300)[0]


@pytest.mark.slow
def test_a_monitor_remembers(log: Path) -> None:
    """Entries once, then only new ones; after a rollback exit 3, both checkpoints kept, the memory unchanged."""
    watch = ("monitor", log / "log", "--policy", log / "policy", "--state", log / "state")
    code, out, _ = nulla(*watch, "--from-start")
    assert (0, 300, "0 entry 0") == (code, len(out.splitlines()), out.splitlines()[0])
    made = make_log(log / "log")
    made.stage([b"\xff\x00"])
    publish(made)
    made.release()
    code, out, _ = nulla(*watch, "--json")
    assert (0, {"index": 300, "hex": "ff00", "text": None}) == (code, json.loads(out))
    assert (0, "") == nulla(*watch)[:2]
    memory = (log / "state").read_bytes()
    other = open_log(log / "other", SIGNERS, ORIGIN)
    other.stage([b"entry"])
    publish(other)
    other.release()
    code, out, err = nulla("monitor", log / "other", *watch[2:])
    assert (3, "", True) == (code, out, "[log-rolled-back]" in err)
    assert memory == (log / "state").read_bytes()
    assert ["seen-before", "shown-now"] == sorted(path.name.rpartition(".")[2] for path in log.glob("state.*"))
    assert {0o600} == {path.stat().st_mode & 0o777 for path in log.glob("state*")}


@pytest.mark.slow
def test_a_copy_is_kept_and_becomes_the_log_again(log: Path) -> None:
    """Mirrored, lost, restored, and it goes on; an existing log is never overwritten, and no lie is copied."""
    policy = ("--policy", log / "policy")
    code, out, err = nulla("mirror", log / "log", log / "copy", *policy, lang="ko_KR.UTF-8")
    assert (0, "", True) == (code, out, "항목 300개를 모두 확인해" in err)
    code, _, err = nulla("restore", log / "copy", log / "log", *policy)
    assert (1, True) == (code, "[log-exists]" in err)
    shutil.rmtree(log / "log")
    code, out, err = nulla("restore", log / "copy", log / "log", *policy, "--json")
    assert (0, 300, [], {}, "") == (code, *(json.loads(out)[k] for k in ("size", "silent", "witnesses")), err)
    made = make_log(log / "log")
    made.stage([b"entry 300\n"])
    publish(made)
    made.release()
    code, out, _ = nulla("mirror", log / "log", log / "copy", *policy, "--json")
    assert (0, 301) == (code, json.loads(out)["size"])
    bundle = log / "copy/public/tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 7\n", b"entry 8\n"))
    code, _, err = nulla("restore", log / "copy", log / "elsewhere", *policy)
    assert (3, True, False) == (code, "[log-differs]" in err, (log / "elsewhere").exists())


@pytest.mark.slow
def test_keys_are_made_and_only_their_public_half_is_shown(tmp_path: Path) -> None:
    """Keygen prints vkeys, the file is private, vkey prints the same again, and nothing is overwritten."""
    code, out, err = nulla("keygen", "log.example/new", tmp_path / "key")
    assert (0, 2, "") == (code, len(out.splitlines()), err)
    assert 0o600 == (tmp_path / "key").stat().st_mode & 0o777
    secrets = [line.rpartition("+")[2] for line in (tmp_path / "key").read_text().splitlines()]
    assert not any(secret in out for secret in secrets)
    assert (0, out, "") == nulla("vkey", tmp_path / "key")
    code, _, err = nulla("keygen", "log.example/new", tmp_path / "key")
    assert (1, True) == (code, "[key-file]" in err)
    code, out, _ = nulla("keygen", "--witness", "--no-pq", "witness.example/w", tmp_path / "w", "--json")
    assert (0, 4) == (code, json.loads(out)["kind"])
    code, _, err = nulla("keygen", "no spaces", tmp_path / "x")
    assert (3, True, False) == (code, "[malformed]" in err, (tmp_path / "x").exists())


@pytest.mark.slow
def test_what_cannot_be_read_is_a_sentence(log: Path) -> None:
    """Missing files, bad policies and bad addresses end with a code and a hint, not a traceback."""
    (log / "bad").write_text("log nonsense\n")
    for words, expected, name in (
        (("verify", log), 1, "no-log"),
        (("verify", "http://log.example/"), 1, "bad-url"),
        (("verify", "http://127.0.0.1:1/"), 4, "unreachable"),
        (("verify", log / "log", "--policy", log / "missing"), 1, "log-file"),
        (("verify", log / "log", "--policy", log / "bad"), 3, "policy-invalid"),
        (("vkey", log / "policy"), 1, "key-file"),
        (("monitor", log / "log", "--policy", log / "policy", "--state", log / "policy"), 1, "monitor-memory"),
    ):
        code, out, err = nulla(*words)
        assert (expected, "", True, False) == (code, out, f"[{name}]" in err, "Traceback" in err), err
