"""From a name and a certificate to a relay with two witnesses at which two people talk: the pages, played as written.

The test runs in a network and a mount namespace of its own. There the page's host name leads to this machine, all ports
are free, and nginx is in front with the configuration of deploy/. What the test leaves out is installing:
packages, `make setup`, and the units of systemd, whose commands it runs itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docket.pages import HOW_TO, Shell
from tests.repo.proxies import certificate, example

NULLA: Final = r"(?:/opt/nullabona/)?\.venv/bin/nulla"
READY: Final = "for turn in $(seq 600); do ! grep -q ready {said} || break; sleep 0.1; done\ngrep -q ready {said}"
PEOPLE: Final = """
nulla --profile mina account create mina@relay.example --unprotected
nulla --profile junho account create junho@relay.example --unprotected
nulla --profile mina contact add junho@relay.example --greeting "hello"
nulla --profile junho sync
nulla --profile junho contact accept mina
nulla --profile mina sync
nulla --profile mina send junho "at twelve"
nulla --profile junho read mina
nulla --profile junho record show
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def command(page: str, words: str) -> str:
    """The command of a page that begins with these words, whatever runs it there."""
    text = (HOW_TO / page).read_text("utf-8").replace("\\\n", " ")
    found = [line for line in re.findall(rf"(?m)^ {{4,}}.*?{NULLA} ({words}\b.*)$", text) if "…" not in line]
    assert found, words
    return f"nulla {' '.join(max(found, key=len).split())}"


def policy() -> str:
    """The lines that name two witnesses."""
    text = (HOW_TO / "run-a-relay.md").read_text("utf-8")
    (found,) = re.findall(r"(?ms)^    witness newspaper .*?^    quorum both$", text)
    return re.sub(r"(?m)^ {4}", "", found)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell of a machine that is called relay.example and has nothing but a loopback."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "nginx"))):
        pytest.skip("needs root, unshare, ip and nginx")
    if subprocess.run(["unshare", "-mn", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine gives no namespaces")
    (tmp_path / "hosts").write_text("127.0.0.1 localhost relay.example\n")
    with Shell(tmp_path, NULLA_CA_FILE=str(tmp_path / "chain.pem"), LC_ALL="C.UTF-8") as made:
        # Not replaced by the shell inside: what Shell ends is the group, and both are in it.
        made.run(f"exec unshare -mn bash -euo pipefail\nip link set lo up\nmount --bind {tmp_path}/hosts /etc/hosts")
        yield made


def nginx_before(folder: Path) -> None:
    """Surroundings for nginx with the site of deploy/ in them, its certificate paths replaced."""
    chain, key = certificate(folder)
    site = example(
        "nginx.conf",
        {
            "/etc/ssl/relay.example/fullchain.pem": str(chain),
            "/etc/ssl/relay.example/privkey.pem": str(key),
        },
    )
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null emerg;\n"
        f"events {{}}\nhttp {{ {temporary}\n{site}\n}}\n"
    )


def begin_witness(shell: Shell, tmp: Path, number: int, record: str) -> str:
    """Begin a witness as its page says, on a port of its own. Returns the key that the relay's operator needs."""
    folder, at = f"witness{number}", f"127.0.0.1:{8459 + number}"
    page = "run-a-witness.md"
    keygen = command(page, "log keygen").replace("/var/lib/nullabona-witness/", f"{folder}/")
    shell.run(f"mkdir {folder}")
    made = shell.run(keygen.replace("witness.example/w1", f"witness{number}.example/w{number}")).split()
    vkeys = ", ".join(f'"{key}"' for key in record.split())
    (tmp / folder / "witness.toml").write_text(
        f'data = "data"\nkey = "witness.key"\nlisten = ["{at}"]\n[[log]]\nvkeys = [{vkeys}]\n'
    )
    for words in ("witness init", "witness serve"):
        again = command(page, words).replace("/etc/nullabona/witness.toml", f"{folder}/witness.toml")
        again = again.replace(" witness.toml", f" {folder}/witness.toml")
        shell.run(again if words == "witness init" else f"{again} > {folder}/said &")
    shell.run(READY.format(said=f"{folder}/said"))
    return made[0]


def test_two_people_talk_after_the_pages_were_played(
    shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over TLS, at the name of the certificate. Both witnesses have signed what the client looks a person up in.

    How long it took is printed.
    """
    began, page = time.monotonic(), "run-a-relay.md"
    shell.instead = {"/var/lib/nullabona-relay": "relay", "%S/nullabona-relay": "relay"}
    nginx_before(tmp_path)
    shell.run(f"nginx -e /dev/null -p {tmp_path} -c {tmp_path}/nginx.conf &")
    record = shell.run(command(page, "relay init"))
    assert record == shell.run(command(page, "relay vkeys"))
    keys = [begin_witness(shell, tmp_path, number, record) for number in (1, 2)]
    lines = policy()
    for number, (name, key) in enumerate(zip(("newspaper", "university"), keys, strict=True), 1):
        lines = re.sub(rf"witness {name} \S+ \S+", f"witness {name} {key} http://127.0.0.1:{8459 + number}", lines)
    (tmp_path / "witnesses.txt").write_text(f"{lines}\n")
    served = (
        f"{command(page, 'relay serve --data %S/nullabona-relay --listen 127.0.0.1:8440')} --witnesses witnesses.txt"
    )
    shell.run(f"{served} > said &\n{READY.format(said='said')}")
    shell.run(f"{command(page, 'relay init').replace('relay init', 'relay check')} --witnesses witnesses.txt")
    said = shell.run(PEOPLE)
    minutes = (time.monotonic() - began) / 60
    with capsys.disabled():
        sys.stdout.write(f"\nfrom the page to two people who talk: {minutes:.1f} minutes\n")
    assert "at twelve" in said
    assert "Witnessed by newspaper, university." in said
