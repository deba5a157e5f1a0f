"""Reads a release log as it is served now, all of it, under a policy and a fingerprint (spec/release.md §4)."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.log.policy import Policy
from nullabona.reading import Report, Source, advance, read_checkpoint
from nullabona.releases.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Served:
    """A release log whose every entry is under a checkpoint that the policy believes."""

    ledger: Ledger
    report: Report

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The policy's witnesses that cosigned the checkpoint."""
        seen = self.report.seen
        return () if seen is None else tuple(name for name, _ in seen.witnesses)

    @property
    def cosigned_s(self) -> int | None:
        """For when a quorum had cosigned it; None if the policy demands no quorum."""
        return None if self.report.seen is None else self.report.seen.time_s


async def read_releases(source: Source, policy: Policy, pinned: str) -> Served:
    """The log that ``source`` serves.

    Raises as `read_checkpoint` and `advance`, and `WrongReleaseKeys` if its first entry is not the pinned one.
    """
    report = await read_checkpoint(source, policy)
    ledger = Ledger(report.checkpoint.origin, pinned)
    await advance(source, policy, report, None, lambda _number, entry: ledger.take(entry), from_start=True)
    return Served(ledger, report)
