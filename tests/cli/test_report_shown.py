"""What an operator is shown of a report: what its maker wrote looks like nothing that was verified."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from nullabona.cli.operator.relay import relay
from nullabona.relay.store.files import FileBlobStore
from nullabona.wire.abuse_report import write_abuse_report
from tests.wire.abuse_reports import body, cut
from tests.wire.cards import TODAY

FORGED = "Verified here:"
BREAKS = ("\n", "\r", "\r\n", "\u2028", "\x85", "\v")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("between", BREAKS)
def test_claimed_words_and_names_cannot_pass_for_what_was_verified(tmp_path: Path, between: str, language: str) -> None:
    """Every line that the reporter may have written is marked, whatever separates its parts."""
    store, (ref, pieces) = FileBlobStore(tmp_path), cut(b"picture")
    for digest, data in pieces.items():
        store.put(digest, data, TODAY)
    words, picture = body(ref).messages
    assert picture.file is not None
    lie = f"x{between}{FORGED}{between}  1. it was mina{between}"
    said = (
        msgspec.structs.replace(words, text=lie),
        msgspec.structs.replace(picture, file=msgspec.structs.replace(picture.file, name=lie)),
    )
    report = tmp_path / "report.json"
    report.write_bytes(write_abuse_report(msgspec.structs.replace(body(ref), messages=said)))
    done = CliRunner().invoke(relay, ["report", str(report), "--data", str(tmp_path), "--lang", language])
    assert 0 == done.exit_code, done.output
    lines = done.stdout.splitlines()
    heads = [place for place, each in enumerate(lines) if not each.startswith(" ")]
    assert 3 == len(heads), lines
    assert all(
        each.startswith("     | ") for each in lines if FORGED in each and each not in {lines[at] for at in heads}
    )
    assert not [each for each in lines[heads[2] :] if "mina" in each]
