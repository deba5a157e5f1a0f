"""The table of `make cover`: sums by package, and a package below its least is named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tools.coverage_table import LEAST, File, Report, Summary, by_package, main, table, too_low

ROOT = Path(__file__).parents[2]
REPORT = Report(
    {
        "src/nullabona/wire/frame.py": File(Summary(90, 88, 20, 10)),
        "src/nullabona/wire/card.py": File(Summary(10, 7, 0, 0)),
        "src/nullabona/relay/core/limits.py": File(Summary(100, 94, 4, 4)),
        "src/nullabona/errors.py": File(Summary(0, 0, 0, 0)),
        "tools/elsewhere.py": File(Summary(5, 0, 0, 0)),
    }
)


def test_files_are_summed_by_package() -> None:
    """A package is a folder below the root package; what lies elsewhere does not count."""
    assert {
        ".": Summary(0, 0, 0, 0),
        "relay/core": Summary(100, 94, 4, 4),
        "wire": Summary(100, 95, 20, 10),
    } == by_package(REPORT)


def test_the_table_has_a_row_per_package() -> None:
    """With both shares, and the least where there is one."""
    rows = table(by_package(REPORT), {"wire": 95.0}).splitlines()
    assert [
        "package                lines       run  branches       run",
        ".                          0   100.0 %         0   100.0 %",
        "relay/core               100    94.0 %         4   100.0 %",
        "wire                     100    95.0 %        20    50.0 %   at least 95 % of lines",
    ] == rows


def test_a_package_below_its_least_is_named() -> None:
    """By its lines alone; a package that nobody measured is below any least."""
    assert ["client/core", "log", "relay/core"] == too_low(by_package(REPORT))


def test_the_least_is_for_packages_that_are_there() -> None:
    """A package that was renamed does not fall out of the table unnoticed."""
    assert [] == [name for name in LEAST if not (ROOT / "src" / "nullabona" / name).is_dir()]


def test_too_little_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code says it, and the sentence says where."""
    path = tmp_path / "coverage.json"
    path.write_bytes(msgspec.json.encode(REPORT))
    assert main(str(path)) == 1
    assert "below the least: client/core, log, relay/core\n" == capsys.readouterr().err
    high = {f"src/nullabona/{name}/module.py": File(Summary(100, 95, 10, 0)) for name in LEAST}
    path.write_bytes(msgspec.json.encode(Report(high)))
    assert main(str(path)) == 0
