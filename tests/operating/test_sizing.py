"""A relay's settings from the number of its people: what it writes is what each program takes."""

from __future__ import annotations

import re
import tomllib
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.operating.sizing import MOST_PEOPLE, TooManyPeople, files_for, sizes_for
from nullabona.relay.config import make_config
from nullabona.relay.core.limits import Limits
from nullabona.relay.turned_away import BESIDE_CONNECTIONS


def test_a_relay_for_30000_takes_all_of_them_at_once() -> None:
    """One connection of each device, and some have two devices; requests have connections of their own."""
    sizes = sizes_for(30_000)
    assert (38_000, 39_000, 77_000) == (sizes.connections, sizes.files, sizes.proxy_connections)
    assert 60_000_000_000 == sizes.blob_bytes_per_day


@given(st.integers(1, MOST_PEOPLE))
def test_what_is_written_fits_together(people: int) -> None:
    """The relay takes its part, holds fewer connections than files, and the proxy takes two for each."""
    sizes = sizes_for(people)
    files = files_for(sizes)
    config = make_config({"data": "x"} | tomllib.loads(files["relay.toml"]))
    assert config.limits == Limits(connections=sizes.connections, blob_bytes_per_day=sizes.blob_bytes_per_day)
    assert people <= sizes.connections <= sizes.files - BESIDE_CONNECTIONS
    assert 2 * sizes.connections <= sizes.proxy_connections
    assert f"LimitNOFILE={sizes.files}\n" in files["nullabona-relay.service.d/sizes.conf"]


def test_more_people_never_need_less() -> None:
    """Each size grows, or stays."""
    for fewer, more in pairwise(sizes_for(people) for people in (1, 100, 10_000, 30_000, MOST_PEOPLE)):
        assert all(few <= many for few, many in zip(astuple(fewer), astuple(more), strict=True))


def test_more_than_one_relay_carries_are_refused() -> None:
    """On both sides of the limit, with what to do."""
    sizes_for(MOST_PEOPLE)
    with pytest.raises(TooManyPeople, match=r"one relay does not carry 300,001 people") as told:
        sizes_for(MOST_PEOPLE + 1)
    assert "several relays" in str(told.value.hint)
    with pytest.raises(ValueError, match="0"):
        sizes_for(0)


def test_kernel_settings_exist() -> None:
    """Each line names a setting of this kernel, where there is one to ask."""
    lines = [
        line for line in files_for(sizes_for(30_000))["90-nullabona.conf"].splitlines() if not line.startswith("#")
    ]
    names = [line.partition(" = ")[0] for line in lines]
    assert ["net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog"] == names
    known = [Path("/proc/sys", *name.split(".")) for name in names]
    assert all(path.exists() for path in known if path.parent.exists())


def test_the_page_for_operators_says_the_same() -> None:
    """Each row of its table."""
    page = (Path(__file__).parents[2] / "docs/how-to/operate-for-30000.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) MiB \| ([\d,]+) GiB \| ([\d,]+) \|$", page, re.MULTILINE)
    said = [tuple(int(cell.replace(",", "")) for cell in row) for row in rows]
    every = [sizes_for(people) for people, *_ in said]
    assert 3 == len(said)
    assert said == [(each.people, each.memory_mib, each.disk_gib, each.connections) for each in every]
