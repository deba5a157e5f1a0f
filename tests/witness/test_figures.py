"""What a witness's operator sees of it: declared numbers only, zeros from the start, exact, and not for strangers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from nullabona.wire.telemetry import RELAY_METRICS, WITNESS_METRICS
from nullabona.witness.core.limits import Limits
from nullabona.witness.server.figures import SAID_AGAIN_S, Figures
from tests.drills.declared import undeclared_counts
from tests.witness.running import START, RunningWitness
from tests.witness.test_hostile import converse

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def shown(witness: RunningWitness) -> dict[str, str]:
    """Its numbers by their series."""
    head, _, body = converse(witness, GET).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    assert set() == undeclared_counts(body)
    return dict(line.rsplit(" ", 1) for line in body.splitlines() if not line.startswith("#"))


def test_every_declared_number_is_there_from_the_start(witness: RunningWitness) -> None:
    """Each kind of answer at 0, so that the first refusal is a rise; no certificate where a proxy has it."""
    found = shown(witness)
    families = {series.partition("{")[0] for series in found}
    assert {metric.shown_as for metric in WITNESS_METRICS} - families == {"nullabona_witness_certificate_end_seconds"}
    (answers,) = (metric for metric in WITNESS_METRICS if metric.name == "answers")
    assert {"0"} == {found[f'nullabona_witness_answers_total{{kind="{kind}"}}'] for kind in answers.values}
    assert not any(metric.shown_as.startswith("nullabona_witness") for metric in RELAY_METRICS)


def test_answers_are_counted_as_they_are(witness: RunningWitness) -> None:
    """One refusal is one; nothing of it is kept but its kind."""
    witness.cosigner.add(b"nonsense", START)
    assert "1" == shown(witness)['nullabona_witness_answers_total{kind="malformed"}']


def test_every_kind_of_answer_is_declared() -> None:
    """What the code counts, by its source, is what is shown."""
    folder = Path(__file__).parents[2] / "src/nullabona/witness"
    source = "".join((folder / name).read_text("utf-8") for name in ("cosigner.py", "mirroring.py"))
    (answers,) = (metric for metric in WITNESS_METRICS if metric.name == "answers")
    from nullabona.log.witnessing import STATUS

    assert {kind for kind in answers.values if f'"{kind}"' in source} | set(STATUS) == set(answers.values)


def test_strangers_see_no_numbers(witness: RunningWitness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public address gets what a path gets that is not there."""
    monkeypatch.setattr("nullabona.witness.server.front.comes_from_near", lambda _transport: False)
    assert converse(witness, GET).startswith(b"HTTP/1.1 404")


def test_refused_connections_are_said_once_a_minute(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Counted exactly; the line has the count so far."""
    witness = RunningWitness(tmp_path, [], limits=Limits(connections=1))
    now = [0.0]
    try:
        figures = Figures(witness.config, witness.cosigner.counts, lambda: now[0])
        for now[0] in (0.0, 1.0, SAID_AGAIN_S - 1.0, float(SAID_AGAIN_S)):
            figures.refuse()
        assert [line.split()[0] for line in caplog.messages if "refused so far" in line] == ["1", "4"]
        assert "nullabona_witness_connections_refused_total 4\n" in figures.text()
        with socket.create_connection(("127.0.0.1", witness.port)) as first:
            first.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert first.recv(1)
            assert b"" == converse(witness, GET)
    finally:
        witness.stop()
    assert [line.split()[0] for line in caplog.messages if "refused so far" in line] == ["1", "4", "1"]
