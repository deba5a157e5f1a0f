"""What monitoring sees of a desk: its schedule and its machine, zeros from the start, and nothing that officers do."""

from __future__ import annotations

import pytest

from nullabona.wire.telemetry import DESK_METRICS
from tests.docket_console.forms import take_in
from tests.docket_console.place import Got, Place
from tests.drills.declared import undeclared_counts

pytestmark = pytest.mark.timeout(240)


def scraped(place: Place, **headers: str) -> Got:
    """As Prometheus on the machine asks."""
    plain = {"Host": f"127.0.0.1:{place.port}", "Sec-Fetch-Site": ""}
    return place.stranger().ask("GET", "/metrics", headers=plain | headers)


def numbers(place: Place) -> dict[str, str]:
    """By their names, without the process's own."""
    got = scraped(place)
    assert (200, set()) == (got.status, undeclared_counts(got.text))
    lines = [line for line in got.text.splitlines() if not line.startswith(("#", "process_"))]
    return dict(line.rsplit(" ", 1) for line in lines)


def test_the_numbers_are_there_from_the_start_and_say_nothing_of_demands(place: Place) -> None:
    """All declared ones, at zero; an officer who signs in and takes a demand in changes none of them."""
    before = numbers(place)
    shown = {line.partition("{")[0] for line in before} | {
        name.shown_as for name in DESK_METRICS if "process_" in name.name
    }
    assert {"nullabona_desk_certificate_end_seconds"} == {metric.shown_as for metric in DESK_METRICS} - shown
    assert ("0", "0") == (before["nullabona_desk_batches_total"], before["nullabona_desk_batch_failures_total"])
    assert "3600" == before["nullabona_desk_period_seconds"]
    ina = place.officer("ina")
    ina.does(f"{take_in(ina)}/match")
    after = numbers(place)
    free = "nullabona_desk_disk_free_bytes"  # of the whole disk, by 64 MiB
    assert {name: value for name, value in before.items() if name != free} == {
        name: value for name, value in after.items() if name != free
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost.evil.example"},
        {"Host": "desk.example"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1"},
    ],
)
def test_no_page_and_no_name_sees_them(place: Place, headers: dict[str, str]) -> None:
    """What a proxy hands on has the console's name; a browser says where a request comes from."""
    assert 404 == scraped(place, **headers).status
    assert 404 == place.stranger().get("/metrics").status
