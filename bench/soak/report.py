"""What a soak has to show, as claims, a page and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from bench.soak import enough
from bench.soak.figures import Claim, Drift, Growth, Sample, drift, growth, percentile, unmeasured
from bench.soak.scenario import Outcome

_REFUSED: Final = "refused "
_VERDICT: Final = {True: "held  ", False: "FAILED", None: "open  "}


def claims(made: Outcome) -> list[Claim]:
    """Everything that is asserted of the run."""
    return [*_delivery(made), *_wire(made), *_memory(made), *_latency(made)]


def page(made: Outcome, found: list[Claim], machine: str) -> str:
    """For a person."""
    return "\n".join(_lines(made, found, machine))


def data(made: Outcome, found: list[Claim], machine: str) -> dict[str, Any]:
    """For a machine."""
    ledger, held = made.ledger, made.histories
    return {
        "machine": machine,
        "shape": asdict(made.shape),
        "seconds": round(made.seconds, 1),
        "claims": [asdict(claim) for claim in found],
        "lines": {"said": ledger.said, "due": ledger.due, "heard": ledger.heard},
        "wire": dict(made.wire),
        "histories": {
            "want": held.want,
            "held": held.held,
            "lost": len(held.lost),
            "twice": len(held.twice),
            "unsaid": len(held.unsaid),
        },
        "deeds": [{"deed": deed, "took_s": round(took, 2), "recovered_s": round(after, 2)}
                  for deed, took, after in made.deeds],
        "stretches": [[round(at, 1), round(by, 2)] for at, by in made.watch.stretches],
        "memory_peak_mib": {name: round(peak, 1) for name, peak in made.watch.peak.items()},
        "memory": {kind: [[[round(at, 1), round(mib, 2)] for at, mib in life] for life in made.watch.lives(kind)]
                   for kind in ("relay", "crowd")},
    }  # fmt: skip


# -- claims


def _delivery(made: Outcome) -> Iterator[Claim]:
    ledger, held = made.ledger, made.histories
    yield Claim("every message reached every member that should have it", made.lacking == 0 and ledger.heard > 0,
                f"{ledger.heard:,} of {ledger.due:,}{_some(ledger.missing())}")  # fmt: skip
    yield Claim("none was told of twice", not ledger.twice, f"{len(ledger.twice)}{_some(ledger.twice)}")
    yield Claim("none reached who had left", not ledger.stray, f"{len(ledger.stray)}{_some(ledger.stray)}")
    yield Claim("none was made up", not ledger.forged, f"{len(ledger.forged)}{_some(ledger.forged)}")
    yield Claim("the histories hold exactly what was said", held.are_exact,
                f"{held.held:,} of {held.want:,} lines{_some(held.lost)}, {len(held.twice)} twice{_some(held.twice)}, "
                f"{len(held.unsaid)} never said{_some(held.unsaid)}")  # fmt: skip


def _wire(made: Outcome) -> Iterator[Claim]:
    wire = made.wire
    is_excuse = wire["wiped"] == 0 or "wipe-relay" in _deeds(made)
    yield Claim("every frame that the relay acknowledged was read, unless its data was deleted between",
                wire["missing"] == 0 and is_excuse and wire["delivered"] > 0,
                f"{wire['acked']:,} acknowledged, {wire['delivered']:,} read, {wire['missing']} missing, "
                f"{wire['wiped']} deleted with the relay's data")  # fmt: skip
    yield Claim("no frame was read twice", wire["twice"] == 0, f"{wire['twice']}")
    yield _expiry(made)
    yield Claim("the relay had no fault of its own", not made.faults, f"{len(made.faults)}{_some(made.faults)}")


def _expiry(made: Outcome) -> Claim:
    name = "frames stay until their day is over and no longer"
    expired, early, late = (made.wire[what] for what in ("expired", "gone too early", "kept too long"))
    if not (expired or early or late):
        return unmeasured(name, is_long_enough=enough.expiry(made.shape, made.seconds, _deeds(made)))
    return Claim(name, not early and not late, f"{expired} expired in time, {early} too early, {late} too late")


def _memory(made: Outcome) -> Iterator[Claim]:
    shape = made.shape
    for kind, what, most, is_long_enough in (
        ("relay", "the relay", shape.relay_mib_per_hour, enough.relay_memory),
        ("crowd", "the clients", shape.client_mib_per_hour, enough.client_memory),
    ):
        name = f"memory of {what} is flat (at most {most:g} MiB per hour)"
        found = growth(made.watch.lives(kind), shape.warm_up_s)
        if found is None:
            yield unmeasured(name, is_long_enough=is_long_enough(shape, made.seconds, _deeds(made)))
        else:
            yield Claim(name, found.is_flat(most), _grown(found))


def _latency(made: Outcome) -> Iterator[Claim]:
    shape = made.shape
    for what, delays, rate in (("clients", made.ledger.delays, shape.rate),
                               ("wire", made.wire_delays, shape.wire_rate)):  # fmt: skip
        for percent, ratio, floor in ((50, shape.p50_ratio, shape.p50_floor_ms),
                                      (99, shape.p99_ratio, shape.p99_floor_ms)):  # fmt: skip
            name = f"p{percent} of the {what} is flat (last third at most {ratio:g} x first; {floor:g} ms count least)"
            found = drift(delays, made.calm, percent, made.watch.stretches)
            if found is None:
                yield unmeasured(name, is_long_enough=enough.latency(made.calm, rate))
            else:
                yield Claim(name, found.is_flat(ratio, floor), _drifted(found))


def _deeds(made: Outcome) -> list[str]:
    return [deed for deed, _, _ in made.deeds]


def _grown(found: Growth) -> str:
    return (f"{found.mib_per_hour:+.0f} ± {found.off_by:.0f} MiB per hour at {found.level_mib:.0f} MiB, "
            f"over {found.over_s:.0f} s")  # fmt: skip


def _drifted(found: Drift) -> str:
    busier = f"; the machine {found.busier:.1f} times as busy" if found.busier > 1 else ""
    return f"{found.first_ms:.1f} ms, then {found.last_ms:.1f} ms, of {found.samples:,}{busier}"


def _some(of: object) -> str:
    return f": {of[:5]}" if isinstance(of, list) and of else ""


# -- the page


def _lines(made: Outcome, found: list[Claim], machine: str) -> Iterator[str]:
    shape, ledger, wire = made.shape, made.ledger, made.wire
    yield f"soak of {made.seconds / 60:.1f} minutes, seed {shape.seed}, on {machine}"
    yield (f"whole clients      {len(shape.everybody)} accounts in {shape.crowds} processes: {ledger.said:,} lines, "
           f"{ledger.heard:,} deliveries, {_spread(ledger.delays)}")  # fmt: skip
    yield (f"wire               {wire['connects']:,} connects, {wire['pairs']:,} pairs, {wire['acked']:,} frames "
           f"acknowledged, {wire['broken']:,} broken off, {_spread(made.wire_delays)}")  # fmt: skip
    refused = {code.removeprefix(_REFUSED): count for code, count in wire.items() if code.startswith(_REFUSED)}
    yield f"refusals           {refused or 'none'}"
    for deed in dict.fromkeys(_deeds(made)):
        after = [recovered for one, _, recovered in made.deeds if one == deed]
        yield f"{deed:<18} {len(after)} times, recovered after {max(after):.1f} s at most"
    yield f"peak memory        {', '.join(f'{name} {peak:.0f} MiB' for name, peak in made.watch.peak.items())}"
    for claim in found:
        yield f"{_VERDICT[claim.held]} {claim.name}: {claim.figure}"


def _spread(delays: list[Sample]) -> str:
    took = [1_000 * delay for _, delay in delays]
    return f"p50 {percentile(took, 50):.1f} ms, p99 {percentile(took, 99):.0f} ms over all" if took else "no delays"
