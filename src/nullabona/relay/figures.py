"""What the relay measures for `/metrics` at the moment of publication (`nullabona.wire.telemetry`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

from nullabona.machine.process import files_limit, processor_s, resident_bytes, started_s
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.space import Space
from nullabona.relay.metrics import Figures
from nullabona.wire.service import Measured, Service


def figures_of(
    limits: Limits,
    space: Space,
    services: Sequence[Service],
    *,
    blob_bytes: int,
    blob_bytes_waiting: tuple[int, int] | None,
    clock_stands: bool,
    certificate_end: int | None,
) -> Figures:
    """Limits, disk, certificate, clock, process, and what the services beside the relay have.

    ``blob_bytes_waiting``: how many and at most how many. A number that there is not (no disk, no certificate, no
    bucket) is left out.
    """
    found: dict[str, int | dict[str, int]] = {
        "connections_limit": limits.connections,
        "files_limit": files_limit(),
        "blob_bytes_day": blob_bytes,
        "blob_bytes_day_limit": limits.blob_bytes_per_day,
        "clock_stands": int(clock_stands),
        "build_info": {_version(): 1},
        "process_cpu_seconds": processor_s(),
        "process_start_time_seconds": started_s(),
    }
    if space.disk is not None:
        found |= {"disk_free_bytes": space.disk.free, "disk_reserve_bytes": space.disk.reserve}
    if blob_bytes_waiting is not None:
        found["blob_bytes_waiting"], found["blob_bytes_waiting_limit"] = blob_bytes_waiting
    if (resident := resident_bytes()) is not None:
        found["process_resident_memory_bytes"] = resident
    if certificate_end is not None:
        found["certificate_end_seconds"] = certificate_end
    for service in services:
        if isinstance(service, Measured):
            found |= {
                name: value if isinstance(value, int) else dict(value) for name, value in service.figures().items()
            }
    return found


@cache
def _version() -> str:
    return version("nullabona")
