"""``nulla report`` and ``nulla relay report``: seen before it is written, and what of it is proven."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.service import Service
from tests.cli.conftest import Pair
from tests.cli.shell import nulla


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_person_reports_and_the_operator_reads_it(service: Service, pair: Pair, tmp_path: Path) -> None:
    """Nobody writes a report unseen by mistake; the operator reads claims as claims, in both languages."""
    bad = tmp_path / "나쁜.txt"
    bad.write_bytes(b"bad " * 100)
    sent = nulla("send", pair.junho_name, "나쁜 말", "--file", str(bad), "--json", profile=pair.mina)
    assert 0 == sent.code, sent.err
    ids = [row["id"] for row in sent.rows]
    assert 0 == nulla("sync", profile=pair.junho).code
    out = tmp_path / "report"
    ask = ("report", pair.mina_name, *ids, "--out", str(out), "--files", "--senders")
    unseen = nulla(*ask, profile=pair.junho)
    assert (2, False, True) == (unseen.code, out.exists(), "--yes" in unseen.err)
    done = nulla(*ask, "--yes", "--lang", "ko", profile=pair.junho)
    assert (0, f"{out}\n") == (done.code, done.out)
    for shown in ("나쁜 말", "나쁜.txt", pair.mina_handle, "증명되지 않아요", "둘만의 채팅방"):
        assert shown in done.err
    read = nulla("relay", "report", str(out), "--data", str(service.data), "--json")
    assert (0, [1], None) == (read.code, [len(x["opened"]) for x in read.row["files"]], read.row["reporter"])
    assert [pair.mina_handle] == [claim["sender"] for claim in read.row["claimed"]]
    for language, claimed in (("en", "not proven"), ("ko", "증명되지 않았어요")):
        told = nulla("relay", "report", str(out), "--data", str(service.data), "--lang", language)
        assert (0, True, True) == (told.code, claimed in told.out, "나쁜 말" in told.out)
    out.write_bytes(out.read_bytes().replace("나쁜 말".encode(), b"good"))
    out.write_bytes(out.read_bytes()[:-1])
    broken = nulla("relay", "report", str(out), "--data", str(service.data), "--json")
    assert (3, "malformed") == (broken.code, json.loads(broken.err)["error"])
