"""``nulla relay serve`` as an operator meets it: configuration, start, stop, TLS, and what it says."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nullabona.cli.operator.relay import relay as command
from nullabona.errors import UserError
from nullabona.machine.lock import FolderInUse
from nullabona.machine.settings import BadConfig, Endpoint, parse_endpoint
from nullabona.machine.tls import Tls
from nullabona.processes.program import Program, nulla, run
from nullabona.processes.servers import ANY_PORT, RelayProcess
from nullabona.relay.config import Config, make_config, read_file
from nullabona.relay.core.limits import Limits, describe
from tests.relay.peers import Box, Client, Hangup, RunningRelay


@pytest.mark.slow
def test_a_process_says_ready_serves_and_stops(spawn: Callable[..., RelayProcess], tmp_path: Path, box: Box) -> None:
    """One line says where it listens; SIGTERM ends it with 0; what it logs holds nothing of any request."""
    data, host = tmp_path / "data", ("--host", "relay.example")
    process = spawn(data, *host)
    assert {"ready", "listen"} == set(process.ready)
    client = Client(process.address)
    client.append(box, b"frame")
    client.send_frame(2, b"garbage")
    client.goodbye()
    ended = process.stop()
    assert (0, ["nullabona.relay: started", "nullabona.relay: stopped"]) == (ended.code, ended.err.splitlines())
    with Program(nulla("relay", "serve", "--data", str(data), "--listen", ANY_PORT, *host)) as again:
        assert again.first_line.startswith("ready http://127.0.0.1:")


def test_a_process_is_hardened() -> None:
    """The process writes no core dump and is not readable by its neighbours of the same user."""
    code = (
        "from nullabona.machine.hardening import harden; harden(); import ctypes, resource; "
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    assert "(0, 0) 0" == printed_by(code)


@pytest.mark.slow
def test_two_processes_never_share_a_directory(spawn: Callable[..., RelayProcess], tmp_path: Path) -> None:
    """The second process refuses to start, says why, and exits with 1."""
    spawn(tmp_path / "data")
    ended = run(nulla("relay", "serve", "--data", str(tmp_path / "data"), "--listen", ANY_PORT))
    assert (1, True) == (ended.code, f"[{FolderInUse.code}]" in ended.err)


@pytest.mark.slow
def test_a_hangup_ends_no_process(spawn: Callable[..., RelayProcess], tmp_path: Path, box: Box) -> None:
    """SIGHUP, which a terminal sends that is closed, is not the end; there is no certificate to load again."""
    process = spawn(tmp_path / "data", "--host", "relay.example")
    process.send(signal.SIGHUP)
    Client(process.address).append(box, b"frame")
    ended = process.stop()
    assert (0, ["nullabona.relay: started", "nullabona.relay: stopped"]) == (ended.code, ended.err.splitlines())


def invoke(*arguments: str) -> tuple[int, str]:
    """Exit code and everything printed; nothing is served."""
    result = CliRunner().invoke(command, list(arguments))
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--volatile"),
        (("--volatile", "--data", "x"), "not both"),
        (("--volatile", "--listen", "0.0.0.0:1"), "--tls-cert"),
        (("--volatile", "--listen", "relay.example:1"), "--tls-cert"),
        (("--volatile", "--listen", "nonsense"), "HOST:PORT"),
        (("--volatile", "--listen", "127.0.0.1:99999"), "HOST:PORT"),
        (("--volatile", "--tls-cert", "x"), "--tls-key"),
        (("--volatile", "--config", "/nowhere/relay.toml"), "cannot be read"),
    ],
)
def test_a_bad_command_line_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """A configuration that cannot work ends with 1, an error and a hint, before anything is opened."""
    code, output = invoke("serve", *arguments)
    assert 1 == code
    assert "[bad-config]" in output
    assert said in output


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt setting or limit is refused, with the one that was probably meant."""
    path = tmp_path / "relay.toml"
    path.write_text("volatil = true")
    with pytest.raises(BadConfig, match="unknown setting: volatil") as caught:
        make_config(read_file(path))
    assert "did you mean volatile?" == caught.value.hint
    path.write_text("volatile = true\n[limits]\nframe_byte = 5")
    with pytest.raises(BadConfig, match="unknown limit: frame_byte") as caught:
        make_config(read_file(path))
    assert "did you mean frame_bytes?" == caught.value.hint
    path.write_text("zzz = 1")
    with pytest.raises(BadConfig, match="unknown setting: zzz") as caught:
        make_config(read_file(path))
    assert caught.value.hint.startswith("known are behind_proxy, ")


@pytest.mark.parametrize(("written", "meant"), [("hots", "host"), ("witneses", "witnesses"), ("volatil", "volatile")])
def test_an_unknown_key_of_the_file_may_be_the_directory_s(tmp_path: Path, written: str, meant: str) -> None:
    """One file has the settings of both, so that the hint for a misspelt one knows both."""
    (tmp_path / "relay.toml").write_text(f"{written} = 'x'\n")
    code, output = invoke("serve", "--config", str(tmp_path / "relay.toml"))
    assert (1, True) == (code, f"did you mean {meant}?" in output)


@pytest.mark.parametrize(
    "text",
    ["limits = 5", "[limits]\nframe_bytes = 0", "[limits]\nframe_bytes = 65537", "[limits]\nframe_bytes = true",
     "listen = 5", "listen = []", "behind_proxy = 'yes'", "= x", "data = 5"],
)  # fmt: skip
def test_settings_are_typed_and_bounded(tmp_path: Path, text: str) -> None:
    """A value of the wrong kind, or outside its bounds, is refused."""
    path = tmp_path / "relay.toml"
    path.write_text(text if text.startswith("data") else f"volatile = true\n{text}")
    with pytest.raises(BadConfig):
        make_config(read_file(path))


def test_a_file_gives_every_setting(tmp_path: Path) -> None:
    """Settings come from the file, with paths relative to it; the rest have their defaults."""
    path = tmp_path / "relay.toml"
    path.write_text('data = "boxes"\nlisten = ["[::1]:1", "unix:/run/r.sock"]\ntls_cert = "c"\ntls_key = "k"\n'
                    "behind_proxy = true\n[limits]\nretention_days = 7\n")  # fmt: skip
    expected = Config(
        data=tmp_path / "boxes",
        listen=(Endpoint("::1", 1), Endpoint(path="/run/r.sock")),
        tls=Tls(tmp_path / "c", tmp_path / "k"),
        behind_proxy=True,
        limits=Limits(retention_days=7),
    )
    assert expected == make_config(read_file(path))
    assert Config(data=None, listen=(Endpoint("127.0.0.1", 8440),)) == make_config({"volatile": True})


def test_plain_http_beyond_loopback_needs_a_proxy() -> None:
    """Plain HTTP is for this machine only, unless the operator says that a proxy stands in front."""
    for listen in ("127.0.0.1:1", "[::1]:1", "localhost:1", "unix:x"):
        make_config({"volatile": True, "listen": [listen]})
    with pytest.raises(BadConfig):
        make_config({"volatile": True, "listen": ["192.0.2.1:1"]})
    make_config({"volatile": True, "listen": ["192.0.2.1:1"], "behind_proxy": True})
    make_config({"volatile": True, "listen": ["192.0.2.1:1"], "tls_cert": "c", "tls_key": "k"})


def test_endpoints_have_one_spelling() -> None:
    """What is parsed is printed the same way."""
    for text in ("127.0.0.1:80", "[::1]:8440", "unix:/run/relay.sock", "relay.example:443"):
        assert text == str(parse_endpoint(text))


def test_help_explains_units_and_defaults() -> None:
    """The command lists every limit with its default and unit; what it prints is itself a valid configuration."""
    code, text = invoke("limits")
    assert 0 == code
    for limit in describe():
        assert f"({limit.unit})\n{limit.name} = {limit.default}" in text
    code, lines = invoke("limits", "--json")
    assert [limit.name for limit in describe()] == [json.loads(line)["name"] for line in lines.splitlines()]
    for word in ("SIGTERM", "--tls-cert", "Default: 127.0.0.1:8440"):
        assert word in invoke("serve", "--help")[1]


def test_the_listed_limits_are_a_configuration(tmp_path: Path) -> None:
    """The output of ``nulla relay limits`` can be used as a configuration file and changes nothing."""
    path = tmp_path / "relay.toml"
    path.write_text("volatile = true\n" + invoke("limits")[1])
    assert make_config({"volatile": True}) == make_config(read_file(path))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for localhost, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    files = Tls(directory / "cert", directory / "key")
    write_certificate(files)
    return files


def write_certificate(files: Tls) -> None:
    """Another certificate for localhost each time."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def tls_config(tls: Tls) -> Config:
    return Config(data=None, listen=(Endpoint("127.0.0.1", 0),), tls=tls)


def test_tls_serves_both_carriers(run: Callable[..., RunningRelay], certificate: Tls, box: Box) -> None:
    """With a certificate the same port speaks TLS: WebSocket frames of any size go through it."""
    relay = run(config=tls_config(certificate))
    assert relay.urls[0].startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=str(certificate.cert))
    client = Client(relay.address, context)
    assert "TLSv1.3" == client.socket.version()  # type: ignore[attr-defined]
    for _ in range(20):
        client.append(box, bytes(65_536))
    assert 15 <= len(client.read(box).frames) <= 20


def test_a_renewed_certificate_is_taken_while_it_serves(
    run: Callable[..., RunningRelay], certificate: Tls, tmp_path: Path, box: Box
) -> None:
    """New connections get the new one, those that are there go on; files that do not fit change nothing."""
    files = Tls(tmp_path / "cert", tmp_path / "key")
    write_certificate(files)
    relay = run(config=tls_config(files))
    before = Client(relay.address, ssl.create_default_context(cafile=str(files.cert)))
    write_certificate(files)
    fresh = ssl.create_default_context(cafile=str(files.cert))
    files.key.write_bytes(certificate.key.read_bytes())
    with pytest.raises(UserError, match="TLS certificate"):
        relay.call(relay.relay.reload)
    with pytest.raises(ssl.SSLError):
        Client(relay.address, fresh)
    write_certificate(files)
    relay.call(relay.relay.reload)
    Client(relay.address, ssl.create_default_context(cafile=str(files.cert))).append(box, b"new")
    assert 2 == before.append(box, b"old").seq


def test_old_tls_and_plain_text_are_not_spoken(run: Callable[..., RunningRelay], certificate: Tls) -> None:
    """TLS 1.2 is refused, and so is plain HTTP on a TLS port."""
    relay = run(config=tls_config(certificate))
    context = ssl.create_default_context(cafile=str(certificate.cert))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        Client(relay.address, context)
    with pytest.raises(Hangup):
        Client(relay.address)


def test_an_unusable_certificate_is_explained(run: Callable[..., RunningRelay], certificate: Tls) -> None:
    """A missing file, or a key that does not fit, is a clear error at start."""
    for tls in (Tls(Path("/nowhere"), certificate.key), Tls(certificate.key, certificate.cert)):
        with pytest.raises(UserError, match="TLS certificate"):
            run(config=tls_config(tls))


def test_a_taken_port_is_explained(run: Callable[..., RunningRelay]) -> None:
    """A port that is in use is a clear error at start."""
    port = run(None).address[1]
    with pytest.raises(UserError, match="cannot listen"):
        run(config=Config(data=None, listen=(Endpoint("127.0.0.1", port),)))


def test_nothing_imports_what_could_decrypt() -> None:
    """The relay's process never loads the client, the MLS seam or the directory of another service."""
    code = (
        "import sys, nullabona.relay.run; "
        "print([m for m in sys.modules if m.startswith(('nullabona.client', 'nullabona.directory', 'nullabona_mls'))])"
    )
    assert "[]" == printed_by(code)


def printed_by(code: str) -> str:
    """What a fresh interpreter prints for ``code``."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
