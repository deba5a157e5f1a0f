"""The demo end to end with few lines, on real processes; then what it says is looked at from several sides."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from nullabona.drills.demo.script import Script, load_script
from nullabona.drills.registry import DRILLS
from nullabona.drills.search import Hunt, Kind, Searched, Secret, memory_chunks
from nullabona.processes.program import nulla, run
from nullabona.processes.servers import RelayProcess

ACT_PROVES = ("K-12", "K-17", "K-18", "K-19")
"""What a demand or two can show of the lines of the drill ``docket``."""
COMMAND = nulla("drill", "demo", "--json")
FEW_LINES = """
> dm
미나: 오빠, 엄마 생신 다음 주 토요일인 거 알지?
준호: 헉 벌써? 완전 까먹고 있었다
> group: 제주도 여행 🍊 Jeju trip
미나: 비행기표는 금요일 저녁 7시 40분 걸로 끊자
Soyeon: I can bring my big suitcase if anybody needs space
준호: 거기 근처에 고기국수 진짜 맛있는 집 있어요
> remove: Soyeon
미나: 오빠, 소연 언니 나갔으니까 말인데, 그날이 언니 생일이야
준호: 정말? 그럼 깜짝 파티 해야겠네
미나: 풍선이랑 초는 내가 챙길게. 케이크는 제주 가서 찾자
준호: Deal. I'll keep her busy with my terrible driving stories
미나: 토요일 아침 열 시에 찾으러 오래. 초는 서른 개!
미나: 그럼 금요일에 공항에서 봐 ✈️
준호: 그래, 너도 오늘은 푹 자. 사랑한다 동생아
"""
"""Of the demo's conversation what every act needs: before the loss, while somebody is offline, and after it."""


def play(folder: Path, *more: str) -> dict[str, Any]:
    """One demo, without a terminal; what it printed, and what it left behind."""
    environment = os.environ | {"TMPDIR": str(folder), "LANG": "C.UTF-8"}
    result = run([*COMMAND, *more], env=environment)
    assert result.out, result.err
    left = sorted(path.name for path in folder.iterdir())
    return {"code": result.code, "left": left, **json.loads(result.out)}


def verdicts(played: dict[str, Any], drill: str) -> list[dict[str, str]]:
    """The verdict of each claim, report by report."""
    return [
        {check["id"]: check["verdict"] for check in report["checks"]}
        for report in played["reports"]
        if report["drill"] == drill
    ]


def warrants_yield_the_public_card_only(played: dict[str, Any]) -> None:
    """One for each of three accounts, every claim held; what waits in an inbox is seen only where something does."""
    waiting = [report["inbox"]["waiting"] > 0 for report in played["reports"] if report["drill"] == "warrant"]
    held = dict.fromkeys(DRILLS["warrant"].proves, "held")
    assert [held | {"W-02": "held" if waits else "unproven"} for waits in waiting] == verdicts(played, "warrant")
    assert (3, True) == (len(waiting), any(waiting))


def no_secret_is_on_disk_or_in_memory(played: dict[str, Any]) -> None:
    """Both relays were searched, and as root their memory, in which no address is either."""
    seizures = [report for report in played["reports"] if report["drill"] == "seizure"]
    assert [os.geteuid() == 0] * 2 == [report["memory_searched"] for report in seizures]
    failed = [check for report in played["reports"] for check in report["checks"] if check["verdict"] == "failed"]
    leaks = [leak for report in seizures for leak in report["leaks"]]
    assert [verdicts_of_a_seizure(report) for report in seizures] == verdicts(played, "seizure"), f"{failed} {leaks}"
    first, second = seizures
    assert (True, True, 3, 3) == (first["held"]["frames"] > 0, second["held"]["frames"] > 0,
                                  first["held"]["cards"], first["held"]["inboxes"])  # fmt: skip


def verdicts_of_a_seizure(report: dict[str, Any]) -> dict[str, str]:
    """Every line holds, but for what there was nothing to see of.

    A log may be empty just then, and no card comes back to the second relay: with the data went the keys of the record.
    """
    held, memory = report["held"], report["memory_searched"]
    seen = {
        "S-01": held["frames"] > 0,
        "S-02": held["cards"] > 0,
        "S-03": held["inboxes"] > 0,
        "S-04": held["log_writes"] > 1,
        "S-05": report["connections"] > 0,
    }
    seen |= dict.fromkeys(("S-11", "S-14", "S-16"), memory)
    return {id: "held" if seen.get(id, True) else "unproven" for id in DRILLS["seizure"].proves}


def two_demands_yield_two_packages_and_a_record(played: dict[str, Any]) -> None:
    """Answered, handed over, counted, published and verified; and what was altered afterwards does not hold."""
    assert [dict.fromkeys(ACT_PROVES, "held")] == verdicts(played, "docket")
    (act,) = (report for report in played["reports"] if report["drill"] == "docket")
    assert (2, 2, 0, True) == (act["counted"], act["in_time"], act["verified"]["exit"], act["pages"] > 5)
    (finding,) = act["altered"]["findings"]
    assert (3, "log-broken", True) == (act["altered"]["exit"], finding["code"], "period" in finding["message"])


def nothing_is_lost_and_nothing_reaches_the_removed(played: dict[str, Any]) -> None:
    """Everybody has every message exactly once and in order, before and after the loss."""
    assert [dict.fromkeys(DRILLS["demo"].proves, "held")] == verdicts(played, "demo")
    histories = played["reports"][-1]["histories"]
    assert 5 == len(histories)
    assert all(histories.values())


def everything_that_was_said_was_looked_for(played: dict[str, Any], script: Script) -> None:
    """Every message, the greeting, names, room name, phrases, private keys and addresses."""
    seizure = next(report for report in played["reports"] if report["drill"] == "seizure")
    said = len(script.lines)
    assert {"text": said + 1, "room": 1, "name": 4, "phrase": 3, "key": 12, "address": 3} == seizure["secrets"]
    assert [] == seizure["too_short"]
    assert seizure["searched"]["disk_bytes"] > 100_000
    held = seizure["held"]
    assert held["frames"] > 0
    assert held["frames_ever"] > said, "what everybody has acknowledged is gone, and counted"


def the_exit_code_and_what_is_left_follow_the_outcome(played: dict[str, Any]) -> None:
    """0 and nothing left if all held; else 1 and the folder is kept."""
    assert (0 if played["held"] else 1) == played["code"]
    assert played["held"] == (played["left"] == [])


@pytest.mark.timeout(400)
def test_the_demo_tells_the_truth(tmp_path: Path) -> None:
    """One demo with few lines, looked at from every side."""
    folder, chat = tmp_path / "temporary", tmp_path / "chat.txt"
    folder.mkdir()
    chat.write_text(FEW_LINES, "utf-8")
    holds_from_every_side(play(folder, "--chat", str(chat)), load_script(chat))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_demo_tells_the_truth(tmp_path: Path) -> None:
    """The same with all of its own conversation."""
    holds_from_every_side(play(tmp_path), load_script())


def holds_from_every_side(played: dict[str, Any], script: Script) -> None:
    """Every claim of every report, and what the command leaves behind."""
    warrants_yield_the_public_card_only(played)
    no_secret_is_on_disk_or_in_memory(played)
    two_demands_yield_two_packages_and_a_record(played)
    nothing_is_lost_and_nothing_reaches_the_removed(played)
    everything_that_was_said_was_looked_for(played, script)
    the_exit_code_and_what_is_left_follow_the_outcome(played)


@pytest.mark.skipif(os.geteuid() != 0, reason="a relay's memory is read as root only")
def test_a_relay_has_no_address_of_a_client_in_its_memory(tmp_path: Path) -> None:
    """Neither while a client is connected nor after it has gone."""
    secret = Secret.text(Kind.ADDRESS, "address", "127.77.41.9")
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    with RelayProcess(tmp_path / "data", log=tmp_path / "log", temporary=tmp) as relay:
        host, _, port = relay.authority.rpartition(":")
        with socket.create_connection((host, int(port)), source_address=("127.77.41.9", 0)) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n")
            assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
            assert [] == Hunt([secret]).search(memory_chunks(relay.pid), Searched())
        assert [] == Hunt([secret]).search(memory_chunks(relay.pid), Searched())
