"""The witness's configuration file and its process, as an operator meets them."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from nullabona.log.keys import Kind
from nullabona.machine.http_client import BadUrl
from nullabona.machine.keyfile import KeyFileUnusable, encode_private_key, write_key_file
from nullabona.machine.settings import BadConfig
from nullabona.processes.program import Program, nulla, run
from nullabona.processes.servers import ANY_PORT
from nullabona.witness.config import KEYS, make_config, read_file
from nullabona.witness.core.limits import Limits, describe
from tests.witness.running import RunningWitness, log_signers, seed

VKEYS = [signer.verifier.encode() for signer in log_signers("log.example/a")]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A witness's key file."""
    path = tmp_path / "witness.key"
    write_key_file(path, [encode_private_key(Kind.COSIGN_ED25519, "witness.example/w", seed("w"))])
    return path


def settings(key: Path, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """The least that a witness needs, and more."""
    return {"data": str(key.parent / "data"), "key": str(key), "log": [{"vkeys": VKEYS}]} | (more or {})


def test_a_file_gives_every_setting(tmp_path: Path, key: Path) -> None:
    """Settings come from the file, with paths relative to it; the rest have their defaults."""
    path = tmp_path / "witness.toml"
    path.write_text(
        'data = "d"\nkey = "witness.key"\nlisten = ["[::1]:1", "unix:/run/w.sock"]\ntls_cert = "c"\ntls_key = "k"\n'
        f"behind_proxy = true\n[limits]\nqueue = 7\n[[log]]\nvkeys = {json.dumps(VKEYS)}\n"
        f'[[log]]\norigin = "go.sum database tree"\nvkeys = {json.dumps(VKEYS[:1])}\n'
    )
    config = make_config(read_file(path))
    assert (tmp_path / "d", tmp_path / "c", Limits(queue=7)) == (
        config.data, config.tls and config.tls.cert, config.limits,
    )  # fmt: skip
    assert ["log.example/a", "go.sum database tree"] == [log.origin for log in config.logs]
    assert ["[::1]:1", "unix:/run/w.sock"] == [str(endpoint) for endpoint in config.listen]
    assert ["witness.example/w"] == [signer.name for signer in config.signers]


def test_a_log_may_say_where_its_map_is(key: Path) -> None:
    """For a witness that mirrors it; beside where the log's own files are, and with an address that can be used."""
    log = {"vkeys": VKEYS, "map": "https://relay.example", "url": "https://relay.example/log/"}
    config = make_config(settings(key, {"log": [log]}))
    assert {"log.example/a": "https://relay.example/"} == config.maps
    assert {"log.example/a": "https://relay.example/log/"} == config.urls
    with pytest.raises(BadUrl):
        make_config(settings(key, {"log": [log | {"map": "relay.example"}]}))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"dta": "x"}, "unknown setting: dta"),
        ({"log": [{"vkey": VKEYS}]}, "unknown setting of a log: vkey"),
        ({"limits": {"que": 1}}, "unknown limit: que"),
        ({"limits": {"queue": 0}}, "queue must be a whole number"),
        ({"limits": {"queue": True}}, "queue must be a whole number"),
        ({"limits": 5}, "must be a table"),
        ({"log": []}, r"at least one \[\[log\]\]"),
        ({"log": [{"vkeys": []}]}, "needs 'vkeys'"),
        ({"log": [{"vkeys": ["x"]}]}, "cannot be used"),
        ({"log": [{"vkeys": VKEYS}, {"vkeys": VKEYS}]}, "same origin"),
        ({"log": [{"vkeys": [VKEYS[0], VKEYS[0]]}]}, "given twice"),
        ({"log": [{"vkeys": VKEYS, "origin": ""}]}, "one line"),
        ({"data": ""}, "data is missing"),
        ({"key": 5}, "key must be a text"),
        ({"listen": "0.0.0.0:1"}, "could be read"),
        ({"listen": []}, "list of addresses"),
        ({"tls_cert": "x"}, "belong together"),
    ],
)
def test_a_bad_setting_is_refused(key: Path, more: dict[str, Any], said: str) -> None:
    """What is unknown, of the wrong kind or out of bounds is refused, in a sentence."""
    with pytest.raises(BadConfig, match=said):
        make_config(settings(key, more))


def test_a_misspelt_key_names_the_nearest(key: Path) -> None:
    """The hint says what was probably meant."""
    with pytest.raises(BadConfig) as caught:
        make_config(settings(key, {"lisen": "x"}))
    assert "did you mean listen?" == caught.value.hint


def test_a_key_that_others_may_read_is_refused(key: Path) -> None:
    """A witness does not start with a key that is known to who knows whom."""
    key.chmod(0o640)
    with pytest.raises(KeyFileUnusable):
        make_config(settings(key))


def test_a_logs_key_is_no_witnesss(tmp_path: Path) -> None:
    """A witness cosigns; it cannot be given a key that signs logs."""
    path = tmp_path / "log.key"
    write_key_file(path, [encode_private_key(Kind.ED25519, "log.example/a", seed("a"))])
    with pytest.raises(BadConfig, match="not one to cosign with"):
        make_config(settings(path))


def test_secrets_are_not_shown(key: Path) -> None:
    """A configuration can be printed."""
    assert "SignerKey" not in repr(make_config(settings(key)))
    assert seed("w").hex() not in repr(make_config(settings(key)).signers)


def test_every_limit_is_in_the_spec() -> None:
    """The table of limits in spec/witness.md is the code's: name, default, unit, meaning."""
    spec = (ROOT / "spec/witness.md").read_text("utf-8")
    for limit in describe():
        assert f"| `{limit.name}` | {limit.default:,} | {limit.unit} | {limit.meaning} |" in spec
    assert len(describe()) == len(re.findall(r"^\| `[a-z_]+` \| [0-9]", spec, re.MULTILINE))
    assert {"data", "key", "log"} <= set(KEYS)


@pytest.mark.slow
def test_a_process_says_ready_serves_and_stops(tmp_path: Path, key: Path) -> None:
    """One line says where it listens and under which keys; SIGTERM ends it with 0; the log holds no request."""
    path = tmp_path / "witness.toml"
    path.write_text(f'data = "d"\nkey = "witness.key"\n[[log]]\nvkeys = {json.dumps(VKEYS)}\n')
    refused = run(nulla("witness", "serve", "--config", str(path)))
    assert (6, True, False) == (refused.code, "[witness-not-begun]" in refused.err, (tmp_path / "d").exists())
    begun = [run(nulla("witness", "init", "--config", str(path))).code for _ in range(2)]
    assert [0, 1] == begun
    process = Program(nulla("witness", "serve", "--config", str(path), "--json", "--listen", ANY_PORT))
    assert {"ready", "listen", "vkeys"} == set(process.ready)
    assert process.ready["vkeys"][0].startswith("witness.example/w+")
    ended = process.stop()
    lines = ["nullabona.witness: started", "nullabona.witness: stopped; nothing was asked"]
    assert (0, lines) == (ended.code, ended.err.splitlines())


def test_stopping_answers_what_was_asked(witness: RunningWitness) -> None:
    """A stop is graceful: it ends, and afterwards nobody is let in."""
    witness.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", witness.port), timeout=5)
