"""What deploy/prometheus/ holds is run: promtool reads it, alerts fire when they must, Prometheus scrapes a relay."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from nullabona.processes.ports import free_port
from nullabona.processes.servers import RelayProcess
from nullabona.wire.telemetry import DESK_METRICS, RELAY_METRICS, WITNESS_METRICS

FOLDER = Path(__file__).parents[2] / "deploy/prometheus"
RULES = FOLDER / "nullabona.rules.yml"
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
NAME = re.compile(r"\b(?:nullabona_(?:relay|witness|desk)|process)_[a-z_]+")
MINUTES = 75
"""Of made-up samples, one a minute."""

pytestmark = pytest.mark.skipif(not (PROMTOOL and PROMETHEUS), reason="Prometheus is not installed here")

STEADY = {
    'up{job="nullabona-relay"}': 1, 'nullabona_relay_faults_total{kind="commit"}': 0,
    'nullabona_relay_connections_refused_total{why="connections"}': 0, "nullabona_relay_connections": 850,
    "nullabona_relay_connections_limit": 1_000, "nullabona_relay_files_limit": 1_256,
    "nullabona_relay_disk_free_bytes": 3 * 2**30, "nullabona_relay_disk_reserve_bytes": 2**30,
    "nullabona_relay_blob_bytes_day": 89, "nullabona_relay_blob_bytes_day_limit": 100,
    "nullabona_relay_blob_bytes_waiting": 80, "nullabona_relay_blob_bytes_waiting_limit": 100,
    'nullabona_relay_refusals_total{code="day-quota"}': 0, "nullabona_relay_certificate_end_seconds": 90 * 86_400,
    "nullabona_relay_clock_stands": 0, "nullabona_relay_record_period_seconds": 600,
    "nullabona_relay_record_cosigned_seconds": MINUTES * 60,
    'nullabona_relay_witness_failures_total{witness="w.example"}': 0,
    'up{job="nullabona-witness"}': 1, "nullabona_witness_connections_refused_total": 0,
    **{f'nullabona_witness_answers_total{{kind="{kind}"}}': 0 for kind in ("store-failed", "clock-back", "forked")},
    "nullabona_witness_disk_free_bytes": 2**30, "nullabona_witness_certificate_end_seconds": 90 * 86_400,
    'up{job="nullabona-desk"}': 1, "nullabona_desk_periods_behind": 0, "nullabona_desk_batch_failures_total": 2,
    "nullabona_desk_clock_doubtful": 0, "nullabona_desk_disk_free_bytes": 2**30,
    "nullabona_desk_certificate_end_seconds": 90 * 86_400,
}  # fmt: skip
"""A relay on which nothing is the matter, near the limits on their good side."""
TROUBLE = {
    "RelayDown": ('up{job="nullabona-relay"}', "0"),
    "RelayFails": ('nullabona_relay_faults_total{kind="commit"}', "rise"),
    "ConnectionsRefused": ('nullabona_relay_connections_refused_total{why="connections"}', "rise"),
    "ConnectionsNearLimit": ("nullabona_relay_connections", "950"),
    "FilesBelowLimit": ("nullabona_relay_files_limit", "1255"),
    "DiskShort": ("nullabona_relay_disk_free_bytes", f"{2**30 - 1}"),
    "DiskSoonShort": ("nullabona_relay_disk_free_bytes", f"{2**31 - 1}"),
    "FilesOfTheDayUsedUp": ("nullabona_relay_blob_bytes_day", "91"),
    "FilesWaitNearLimit": ("nullabona_relay_blob_bytes_waiting", "81"),
    "PeopleAreTurnedAway": ('nullabona_relay_refusals_total{code="day-quota"}', "rise"),
    "CertificateEnds": ("nullabona_relay_certificate_end_seconds", f"{14 * 86_400}"),
    "ClockStands": ("nullabona_relay_clock_stands", "1"),
    "RecordStands": ("nullabona_relay_record_cosigned_seconds", "600"),
    "WitnessFails": ('nullabona_relay_witness_failures_total{witness="w.example"}', "rise"),
    "OwnWitnessDown": ('up{job="nullabona-witness"}', "0"),
    "OwnWitnessCannotKeep": ('nullabona_witness_answers_total{kind="store-failed"}', "rise"),
    "OwnWitnessClockBack": ('nullabona_witness_answers_total{kind="clock-back"}', "rise"),
    "LogForks": ('nullabona_witness_answers_total{kind="forked"}', "rise"),
    "OwnWitnessRefuses": ("nullabona_witness_connections_refused_total", "rise"),
    "OwnWitnessDiskShort": ("nullabona_witness_disk_free_bytes", f"{2**30 - 1}"),
    "OwnWitnessCertificateEnds": ("nullabona_witness_certificate_end_seconds", f"{14 * 86_400}"),
    "DeskDown": ('up{job="nullabona-desk"}', "0"),
    "DeskBehind": ("nullabona_desk_periods_behind", "1"),
    "DeskCannotPublish": ("nullabona_desk_batch_failures_total", "rise"),
    "DeskClockDoubtful": ("nullabona_desk_clock_doubtful", "1"),
    "DeskDiskShort": ("nullabona_desk_disk_free_bytes", f"{2**30 - 1}"),
    "DeskCertificateEnds": ("nullabona_desk_certificate_end_seconds", f"{14 * 86_400}"),
}
"""What makes each alert fire, with all else steady."""


ALERT = re.compile(
    r"      - alert: (?P<alert>\w+)\n        expr: (?P<expr>.+)\n(?:        for: \w+\n)?"
    r"        labels: {severity: (?P<severity>page|ticket)}\n        annotations:\n"
    r'          summary: "(?P<summary>.+)"\n          action: "(?P<action>.+)"\n'
)


def alerts() -> list[dict[str, str]]:
    """Each in the one form that all of them have."""
    text = RULES.read_text("utf-8")
    found = [match.groupdict() for match in ALERT.finditer(text)]
    assert text.count("- alert:") == len(found)
    return found


def promtool(*words: str, told: str | None = None) -> None:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *words], input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_configuration_and_the_rules() -> None:
    """Both as they are."""
    promtool("check", "config", str(FOLDER / "prometheus.yml"))
    promtool("check", "rules", str(RULES))


def test_each_alert_says_what_to_do_and_has_its_case() -> None:
    """No alert without a case below, and none without an action."""
    assert TROUBLE.keys() == {rule["alert"] for rule in alerts()}
    assert {"page", "ticket"} == {rule["severity"] for rule in alerts()}
    for name in ("watch-a-relay.md", "watch-a-relay.ko.md"):
        page = (FOLDER.parents[1] / "docs/how-to" / name).read_text("utf-8")
        assert [rule["alert"] for rule in alerts()] == re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)


def samples(series: str, value: str) -> dict[str, str]:
    """A line of made-up samples. ``rise``: one more each minute."""
    return {"series": series, "values": f"0+1x{MINUTES}" if value == "rise" else f"{value}+0x{MINUTES}"}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("program", ["relay", "witness", "desk"])
def test_alerts_fire_in_their_trouble_and_none_without_any(tmp_path: Path, program: str) -> None:
    """One trouble at a time; to be short of disk is also to be soon short of it."""
    own = {name for name, (series, _) in TROUBLE.items() if program_of(series) == program}
    firing = {name: {name} for name in own}
    if "DiskShort" in own:
        firing["DiskShort"] = {"DiskShort", "DiskSoonShort"}
    quiet = [case(program, None, own)] + [case(program, name, own - firing[name]) for name in own]
    loud = [case(program, name, firing[name]) for name in own]
    promtool("test", "rules", rules_test(tmp_path / "quiet.yml", quiet))
    with pytest.raises(AssertionError) as told:  # each of them is said to be silent
        promtool("test", "rules", rules_test(tmp_path / "loud.yml", loud))
    expected = sorted(name for names in firing.values() for name in names)
    assert expected == sorted(re.findall(r"alertname: ?(\w+)", str(told.value)))


def program_of(series: str) -> str:
    """Whose number it is."""
    found = re.search(r"nullabona[-_](relay|witness|desk)", series)
    assert found is not None
    return found[1]


def case(program: str, trouble: str | None, silent: Iterable[str]) -> dict[str, Any]:
    """A server that is well but for one thing, on which the named alerts are said to be silent."""
    values = {series: str(value) for series, value in STEADY.items() if program_of(series) == program}
    if trouble is not None:
        series, value = TROUBLE[trouble]
        values[series] = value
    at = f"{MINUTES}m"
    return {
        "interval": "1m",
        "input_series": [samples(*each) for each in values.items()],
        "alert_rule_test": [{"eval_time": at, "alertname": name, "exp_alerts": []} for name in sorted(silent)],
    }


def rules_test(file: Path, cases: list[dict[str, Any]]) -> str:
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": cases}), "utf-8")
    return str(file)


def test_rules_and_dashboard_use_nothing_that_is_not_declared(tmp_path: Path) -> None:
    """Every name is one of the relay's, and every expression of the dashboard is one that Prometheus parses."""
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    used = {name for text in [*shown, *(rule["expr"] for rule in alerts())] for name in NAME.findall(text)}
    assert set() == used - {metric.shown_as for metric in (*RELAY_METRICS, *WITNESS_METRICS, *DESK_METRICS)}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(shown)]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    promtool("check", "rules", str(file))


def test_prometheus_scrapes_a_relay_and_no_alert_fires(tmp_path: Path) -> None:
    """The configuration of deploy/ with another port; what the relay shows is what promtool calls well-formed."""
    with RelayProcess(tmp_path / "relay", "--listen", "127.0.0.1:0") as relay:
        where = relay.url.partition("//")[2]
        with urllib.request.urlopen(f"{relay.url}/metrics") as answer:
            promtool("check", "metrics", told=answer.read().decode())
        text = (FOLDER / "prometheus.yml").read_text("utf-8")
        config = text.replace("127.0.0.1:8440", where).replace("60s", "1s")
        (tmp_path / "prometheus.yml").write_text(config, "utf-8")
        shutil.copy(RULES, tmp_path)
        port = free_port()
        command = [str(PROMETHEUS), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/kept",
                   f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
        with (tmp_path / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                found = scraped(port, 'nullabona_relay_connections_limit{job="nullabona-relay"}')
                firing = ask(port, "alerts", "")["alerts"]
            finally:
                process.terminate()
                process.wait(20)
    assert ("20000", []) == (found, [each for each in firing if each["labels"]["alertname"] == "RelayDown"])


def scraped(port: int, query: str) -> str:
    """The value, once it has been scraped."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            result = ask(port, "query", urllib.parse.urlencode({"query": query}))["result"]
        except OSError:
            result = []
        if result:
            return str(result[0]["value"][1])
        time.sleep(0.2)
    raise AssertionError(f"Prometheus did not scrape {query}")


def ask(port: int, what: str, query: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{what}?{query}") as answer:
        data: dict[str, Any] = json.load(answer)["data"]
        return data
