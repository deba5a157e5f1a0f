"""What a server's folder says is not believed beyond the server's own user."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nullabona.machine.lock import FolderLock
from nullabona.operating.draining import NotRunning, drain
from nullabona.processes.program import run

NOBODY = 65_534


def test_another_users_process_is_left_alone(tmp_path: Path) -> None:
    """A server's user writes the number in the lock; root, who drains, does not end what is not that user's."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        lock = FolderLock(tmp_path)
        if os.geteuid() == 0:
            (tmp_path / "lock").write_text(f"{bystander.pid}\n")
            os.chown(tmp_path, NOBODY, NOBODY)
        else:
            (tmp_path / "lock").write_text("1\n")
        with pytest.raises(NotRunning, match="another user's"):
            drain(tmp_path, signal.SIGUSR1, 1)
        lock.close()
        bystander.communicate(b"\n")
    assert 0 == bystander.returncode


@pytest.mark.parametrize("said", ["", "words", "0", "99999999999999999999"])
def test_what_is_no_number_of_a_process_is_refused(tmp_path: Path, said: str) -> None:
    """As if nobody ran."""
    lock = FolderLock(tmp_path)
    (tmp_path / "lock").write_text(said)
    with pytest.raises(NotRunning):
        drain(tmp_path, signal.SIGUSR1, 1)
    lock.close()


EARLY = """
import os, signal, sys
from nullabona.relay import run
from nullabona.relay.config import make_config

opened = run.open_stores

def open_stores(config):
    stores = opened(config)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.kill(os.getpid(), number)
    return stores

run.open_stores = open_stores
run.run_relay(make_config({"data": sys.argv[1], "listen": ["127.0.0.1:0"]}), lambda urls: print("ready", flush=True))
"""


def test_a_drain_while_the_relay_starts_ends_it_in_good_order(tmp_path: Path) -> None:
    """Its lock is there before its handlers are: a signal that comes in between waits and does not kill it."""
    ended = run((sys.executable, "-c", EARLY, str(tmp_path / "data")), patience_s=60)
    assert (0, "ready\n") == (ended.code, ended.out)
