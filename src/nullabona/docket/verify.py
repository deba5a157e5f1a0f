"""Verifies a docket from its public files alone, as an outsider does (spec/docket.md §8).

It needs no key and no account, only the files, a policy that names the witnesses that count, and a clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from nullabona.docket.core.findings import Finding
from nullabona.docket.core.recount import Recount, Stamp, periods_of, recount
from nullabona.docket.core.statements import Outage
from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import parse_note
from nullabona.log.policy import NO_QUORUM, Policy, Seen
from nullabona.log.tiles import ENTRIES, Tile, decode_bundle, tiles_of
from nullabona.log.tree import Frontier, leaf_hashes

Fetch = Callable[[str], Awaitable[bytes | None]]
"""The file at a path below the log's prefix; None if there is none."""
Rows = Mapping[str, frozenset[str]]
"""Hash of a taxonomy → the hashes of its rows."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Something that the log cannot prove. ``code`` is the key of its sentence; ``values`` fill the sentence."""

    code: str
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification. ``recount`` is None if the log is too broken to count."""

    findings: tuple[Finding, ...]
    unproven: tuple[Unproven, ...]
    size: int = 0
    recount: Recount | None = None
    note: bytes = b""
    """The checkpoint as it was shown, if the policy believes it."""

    @property
    def holds(self) -> bool:
        return not self.findings

    @property
    def continues(self) -> bool:
        """Whether the log is whole and continues the checkpoint seen before. Only then remember its checkpoint."""
        return bool(self.note) and not any(each.code in {"log-broken", "genesis-missing"} for each in self.findings)

    @property
    def forked(self) -> bool:
        """Whether the log contradicts the checkpoint seen before."""
        return any(each.key in {"shrunk", "forked"} for each in self.findings)

    @property
    def only_stated_lateness(self) -> bool:
        """Whether the only findings are late answers, and late periods whose reason is in the log."""
        return all(each.code == "answer-late" or self.outage_of(each) is not None for each in self.findings)

    def outage_of(self, finding: Finding) -> Outage | None:
        """The operator's statement about a late period, or None. The period stays late."""
        outages = self.recount.outages if self.recount else []
        period = finding.period
        return next((each for each in outages if period is not None and each.first <= period <= each.last), None)


async def verify(
    fetch: Fetch, policy: Policy, now_s: int, before: Checkpoint | None = None, rows: Rows | None = None
) -> Verification:
    """Verify a docket log as it is served now. What the operator did wrong becomes a finding, never an exception.

    ``before`` is a believed checkpoint of the log from earlier, from which it must have grown. ``rows`` are the
    taxonomies that the verifier knows: a row that was signed off must be in its taxonomy.
    """
    try:
        note, seen = await _checkpoint(fetch, "checkpoint", policy)
        if before is not None and seen.checkpoint.size < before.size:
            shrunk = Finding("log-broken", "shrunk", {"size": seen.checkpoint.size, "before": before.size})
            return Verification((shrunk,), (), note=note)
        entries, fault = await _entries(fetch, seen.checkpoint.size)
        wrong = await _wrong_entries(fetch, policy, entries, fault, seen)
    except PeerError as error:
        return Verification((_because(error, "log"),), ())
    if before is not None and not wrong and Frontier().extend(leaf_hashes(entries[: before.size])).root != before.root:
        wrong = (Finding("log-broken", "forked", {"before": before.size}),)
    if wrong:
        return Verification(wrong, (), note=note)
    try:
        stamps, broken = await _stamps(fetch, policy, entries)
        found = recount(entries, stamps, now_s)
    except Malformed:
        return Verification((Finding("genesis-missing", "no-genesis"),), (), len(entries), note=note)
    if found.genesis.origin != seen.checkpoint.origin:
        broken.append(Finding("genesis-missing", "other-genesis"))
    findings = (*broken, *found.findings, *_unknown_rows(found, rows or {}))
    return Verification(findings, tuple(_unproven(found, policy)), len(entries), found, note)


def _unknown_rows(found: Recount, rows: Rows) -> Iterator[Finding]:
    """Findings for signed-off rows that are not in the taxonomy that they name, if that one is in ``rows``."""
    for period, stated in found.taxonomies:
        for row in stated.signed_off:
            if row.row not in rows.get(stated.taxonomy, {row.row}):
                values = {"period": period, "instrument": row.instrument}
                yield Finding("taxonomy-wrong", "signed-unknown", values)


async def _checkpoint(fetch: Fetch, path: str, policy: Policy) -> tuple[bytes, Seen]:
    data = await fetch(path)
    if data is None:
        raise Malformed(f"there is no {path}")
    return data, policy.check(parse_note(data))


async def _entries(fetch: Fetch, size: int) -> tuple[list[bytes], Finding | None]:
    """The log's entries up to the first broken file, and the finding about that file; None if all are there."""
    found: list[bytes] = []
    for tile in (tile for tile in tiles_of(size) if tile.level == ENTRIES):
        try:
            found += await _bundle(fetch, tile)
        except Malformed as error:
            return found + await _rest(fetch, tile), _because(error, "file", path=tile.path)
    return found, None


def _because(error: PeerError, key: str, code: str = "log-broken", **values: object) -> Finding:
    """A finding whose reason is the message of ``error``."""
    return Finding(code, key, {**values, "why": error.message}, error.code)


async def _bundle(fetch: Fetch, tile: Tile) -> list[bytes]:
    """The entries of a bundle. A partial bundle may have been replaced by the full one, which begins with it."""
    data = await fetch(tile.path)
    if data is not None:
        return decode_bundle(data, tile.width)
    data = await fetch(tile.full.path)
    if data is None:
        raise Malformed("is not there")
    return decode_bundle(data, tile.full.width)[: tile.width]


async def _rest(fetch: Fetch, tile: Tile) -> list[bytes]:
    """The entries that a too short bundle does have, which show where the first one is missing."""
    data = await fetch(tile.path) or b""
    for width in range(tile.width - 1, 0, -1):
        with suppress(Malformed):
            return decode_bundle(data, width)
    return []


async def _wrong_entries(
    fetch: Fetch, policy: Policy, entries: Sequence[bytes], fault: Finding | None, seen: Seen
) -> tuple[Finding, ...]:
    """Findings if the entries are not those that were signed, with the period of the first wrong one if known."""
    if fault is None and Frontier().extend(leaf_hashes(entries)).root == seen.checkpoint.root:
        return ()
    where = await _first_wrong(fetch, policy, entries)
    wrong = Finding("log-broken", "entries-from" if where else "entries", where)
    return (wrong,) if fault is None else (wrong, fault)


async def _first_wrong(fetch: Fetch, policy: Policy, entries: Sequence[bytes]) -> dict[str, object]:
    """The first period whose own checkpoint contradicts the entries; empty if the checkpoints do not show it."""
    frontier = Frontier()
    for period in count():
        try:
            kept = (await _checkpoint(fetch, f"periods/{period}", policy))[1].checkpoint
        except PeerError:
            return {}
        begin = frontier.size
        frontier = frontier.extend(leaf_hashes(entries[begin : kept.size]))
        if (frontier.size, frontier.root) != (kept.size, kept.root):
            return {"period": period, "first": begin, "last": kept.size - 1}
    return {}


async def _stamps(fetch: Fetch, policy: Policy, entries: Sequence[bytes]) -> tuple[dict[int, Stamp], list[Finding]]:
    """Each period's own checkpoint, if the policy believes it and it is of this log; findings for the others."""
    seen: dict[int, Seen] = {}
    broken: list[Finding] = []
    for period in range(periods_of(entries)):
        try:
            _, seen[period] = await _checkpoint(fetch, f"periods/{period}", policy)
        except PeerError as error:
            broken.append(_because(error, "checkpoint", "period-unwitnessed", period=period))
    roots = _roots(entries, {each.checkpoint.size for each in seen.values()})
    stamps = {}
    for period, each in seen.items():
        if roots.get(each.checkpoint.size) != each.checkpoint.root:
            broken.append(Finding("period-unwitnessed", "other-checkpoint", {"period": period}))
        else:
            times = tuple(time_s for _, time_s in each.witnesses)
            stamps[period] = Stamp(each.checkpoint.size, each.by_s, times)
    return stamps, broken


def _roots(entries: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The root of the tree at each of ``sizes``."""
    frontier, found = Frontier(), {}
    for size in sorted(size for size in sizes if size <= len(entries)):
        frontier = frontier.extend(leaf_hashes(entries[frontier.size : size]))
        found[size] = frontier.root
    return found


def _unproven(found: Recount, policy: Policy) -> Iterator[Unproven]:
    yield Unproven("outside-the-desk")
    if policy.quorum == NO_QUORUM:
        yield Unproven("times-unwitnessed")
    for term in found.terms():
        sealed = found.sealed(term)
        if sealed:
            yield Unproven("sealed", {"term": term, "slots": sealed, "settled_by": _settled(found, term)})
    for term, (_, report) in sorted(found.reports.items()):
        opened = sum(
            d.first.at <= report.until and found.cadence.term_of(d.first.at) == term for d in found.demands.all()
        )
        reported = sum(row.received for row in report.rows)
        if reported > opened:
            yield Unproven("not-recounted", {"term": term, "reported": reported, "opened": opened})


def _settled(found: Recount, term: str) -> int:
    return found.cadence.settled_by(found.cadence.periods_of(term).start)
