"""Log bench: entries appended with a witnessed checkpoint, proofs from a large log, a whole log verified.

Appending is the real path: entries are staged durably, tiles are written and synced, the checkpoint is signed with both
keys, cosigned over HTTP by a witness in a process of its own, and published. The large logs are made by the same code
that makes tiles, but without staging and syncing, because only reading them is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from nullabona.log.keys import Kind, SignerKey, new_signer
from nullabona.log.policy import Policy
from nullabona.log.proof import parse_proof
from nullabona.machine.keyfile import read_key_file
from nullabona.processes.servers import WitnessProcess
from nullabona.reading import open_source, read_checkpoint, verify_log
from nullabona.sequencer import Log, WitnessAddress, open_log
from nullabona.sequencer.growing import End, grow
from nullabona.sequencer.store.sqlite import LogStore

ORIGIN = "log.example/bench"
WITNESS = "witness.example/bench"
APPEND_BAR = 20_000
PROOF_BAR_MS = 1.0
VERIFY_BAR_S = 10.0
ENTRY_BYTES = 160
"""As long as a slot of the docket."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed; ratios are of figure and bar, above 1 is better than the bar."""

    machine: str
    load_before: float
    fsync_per_s: float
    appended_per_s: float
    append_ratio: float
    checkpoints: int
    longest_publish_s: float
    append_cpu_s_per_100k: float
    proof_log_entries: int
    proof_p50_ms: float
    proof_p99_ms: float
    proof_ratio: float
    verified_entries: int
    verify_s: float
    verify_cpu_s: float
    verify_ratio: float


def signers() -> tuple[SignerKey, ...]:
    """Both keys of a log."""
    return tuple(new_signer(kind, ORIGIN, secrets.token_bytes(32)) for kind in (Kind.ED25519, Kind.COSIGN_MLDSA44))


def policy_of(keys: tuple[SignerKey, ...], witness: SignerKey | None = None) -> Policy:
    """Both keys, and the witness."""
    lines = [f"log {key.verifier.encode()}" for key in keys]
    lines += [f"witness w {witness.verifier.encode()}"] if witness else []
    return Policy.parse("\n".join([*lines, f"quorum {'w' if witness else 'none'}", ""]))


@contextmanager
def running_witness(folder: Path, keys: tuple[SignerKey, ...]) -> Iterator[tuple[WitnessAddress, SignerKey]]:
    """A witness as a process of its own that knows the log, and its key."""
    limits = ("[limits]", "cosignatures_per_minute = 1000000", "requests_per_minute = 1000000")
    with WitnessProcess(folder / "witness", WITNESS, [each.verifier.encode() for each in keys], *limits) as process:
        (signer,) = read_key_file(process.key)
        yield WitnessAddress(process.url, (signer.verifier,)), signer


async def append(log: Log, seconds: float, batch: int) -> tuple[int, float, float, int, float]:
    """Stage a batch and publish it, again and again: entries, seconds, CPU seconds, checkpoints, longest publish."""
    rng = random.Random(1)
    entries = [rng.randbytes(ENTRY_BYTES) for _ in range(batch)]
    await log.publish(int(time.time()))
    begin, cpu, longest, count = time.perf_counter(), time.process_time(), 0.0, 0
    while time.perf_counter() - begin < seconds:
        at = time.perf_counter()
        await asyncio.to_thread(log.stage, entries)
        await log.publish(int(time.time()))
        longest, count = max(longest, time.perf_counter() - at), count + 1
    taken = time.perf_counter() - begin, time.process_time() - cpu
    await log.close()
    return count * batch, *taken, count, longest


def build(folder: Path, keys: tuple[SignerKey, ...], size: int) -> None:
    """A published log with so many entries of 16 bytes, written without staging and syncing."""
    folder.mkdir()
    end, public = End(), folder / "public"
    for first in range(0, size, 65_536):
        end, files = grow(end, [b"entry %010d" % n for n in range(first, min(first + 65_536, size))])
        for tile, data in files:
            path = public / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    store = LogStore(folder, ORIGIN)
    store.integrate(end.size, end.edge.root)
    store.close()
    log = open_log(folder, keys, ORIGIN)
    asyncio.run(log.publish(int(time.time())))
    log.release()


def prove(folder: Path, keys: tuple[SignerKey, ...], size: int, count: int) -> list[float]:
    """Milliseconds for each of so many proofs at random places; each is verified, which is not measured."""
    log, policy, rng, times = open_log(folder, keys, ORIGIN), policy_of(keys), random.Random(2), []
    for number in range(count):
        index = rng.randrange(size)
        at = time.perf_counter()
        proof = log.inclusion(index)
        times.append((time.perf_counter() - at) * 1_000)
        if number % 50 == 0:
            parse_proof(proof).verify(b"entry %010d" % index, policy)
    log.release()
    return sorted(times)


def verify(folder: Path, keys: tuple[SignerKey, ...]) -> tuple[float, float]:
    """Seconds and CPU seconds to check every entry, every tile, the root and the signatures."""

    async def run() -> None:
        source = open_source(str(folder))
        await verify_log(source, await read_checkpoint(source, policy_of(keys)))

    at, cpu = time.perf_counter(), time.process_time()
    asyncio.run(run())
    return time.perf_counter() - at, time.process_time() - cpu


def fsyncs_per_s(folder: Path) -> float:
    """How often this disk syncs a small write."""
    file = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT)
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < 1:
        os.pwrite(file, bytes(512), 0)
        os.fsync(file)
        count += 1
    os.close(file)
    return count / (time.perf_counter() - begin)


def machine() -> str:
    """What this ran on."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().split("\n")
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def measure(options: argparse.Namespace) -> Report:
    """Everything, in a folder that is removed afterwards."""
    keys, load = signers(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        fsyncs = fsyncs_per_s(folder)
        with running_witness(folder, keys) as (address, witness):
            policy = policy_of(keys, witness)
            log = open_log(folder / "appended", keys, ORIGIN, witnesses=[address], policy=policy)
            entries, seconds, cpu, checkpoints, longest = asyncio.run(append(log, options.seconds, options.batch))
        build(folder / "verified", keys, options.verify_entries)
        verify_s, verify_cpu = verify(folder / "verified", keys)
        build(folder / "proven", keys, options.proof_entries)
        times = prove(folder / "proven", keys, options.proof_entries, options.proofs)
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    return Report(
        machine=machine(),
        load_before=load,
        fsync_per_s=fsyncs,
        appended_per_s=entries / seconds,
        append_ratio=entries / seconds / APPEND_BAR,
        checkpoints=checkpoints,
        longest_publish_s=longest,
        append_cpu_s_per_100k=cpu / entries * 100_000,
        proof_log_entries=options.proof_entries,
        proof_p50_ms=p50,
        proof_p99_ms=p99,
        proof_ratio=PROOF_BAR_MS / p50,
        verified_entries=options.verify_entries,
        verify_s=verify_s,
        verify_cpu_s=verify_cpu,
        verify_ratio=VERIFY_BAR_S / verify_s,
    )


def main() -> None:
    """Print the report, as JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to append")
    parser.add_argument("--batch", type=int, default=20_000, help="entries in each checkpoint")
    parser.add_argument("--proof-entries", type=int, default=10_000_000)
    parser.add_argument("--proofs", type=int, default=2_000)
    parser.add_argument("--verify-entries", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where to write (default: the system's temporary folder)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = measure(options)
    if options.json:
        print(json.dumps(asdict(report)))
        return
    print(f"{report.machine}; load before: {report.load_before:.1f}; {report.fsync_per_s:,.0f} syncs/s")
    print(f"append    {report.appended_per_s:>12,.0f} entries/s   bar {APPEND_BAR:,}: {report.append_ratio:.2f}x   "
          f"{report.checkpoints} witnessed checkpoints of {options.batch:,}, longest {report.longest_publish_s:.2f} s, "
          f"{report.append_cpu_s_per_100k:.2f} CPU-s per 100,000")  # fmt: skip
    print(f"proof     {report.proof_p50_ms:>12.3f} ms p50      bar {PROOF_BAR_MS:.0f} ms: {report.proof_ratio:.2f}x   "
          f"p99 {report.proof_p99_ms:.3f} ms, log of {report.proof_log_entries:,}")  # fmt: skip
    print(f"verify    {report.verify_s:>12.2f} s           bar {VERIFY_BAR_S:.0f} s: {report.verify_ratio:.2f}x   "
          f"{report.verified_entries:,} entries, {report.verify_cpu_s:.2f} CPU-s, one core")  # fmt: skip


if __name__ == "__main__":
    main()
