"""Fuzz what the docket reads from outside: a published log, receipts, packages, pasted words, demands.

Any bytes give a value or an error of the tree, what is accepted encodes to itself, whatever an operator enters in a log
is recounted to the end, nothing but the real package is one, and memory stays bounded.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any, Final

import msgspec

from fuzz._harness import MOST_GROWTH, Target, fuzz, mutate
from nullabona.docket.core.acts import EnrolDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.pointers import open_pointer, seal_pointer
from nullabona.docket.core.receipt import check_receipt
from nullabona.docket.core.recount import Stamp, periods_of, recount
from nullabona.docket.core.statements import (
    Band,
    BatchHeader,
    Genesis,
    Opening,
    Report,
    Reseal,
    Row,
    Statement,
    TaxonomyStated,
    encode_statement,
    parse_header,
    parse_statement,
)
from nullabona.docket.keeping.signing import credential_of
from nullabona.docket.keeping.vault import new_identity
from nullabona.docket.production.evidence import CUSTODY, RECEIPT, read_custody, read_receipt
from nullabona.docket.production.manifest import encode_manifest, read_manifest
from nullabona.docket.production.verify import verify_package
from nullabona.errors import Bug, PeerError, UserError
from nullabona.operating.officer_file import decode_enrolment, encode_enrolment
from nullabona.wire.canonical import canonical, parse_canonical
from nullabona.wire.slots import (
    STATEMENT_LEAF,
    EventRecord,
    NullRecord,
    Record,
    RenewalRecord,
    SlotLeaf,
    SlotRef,
    commit,
    parse_slot_leaf,
)
from tests.docket.packages import desk, order, sealed

KEY, BLIND = bytes(32), b"\x07" * 32
CADENCE: Final = Cadence(start_s=1_700_000_000, slots=4, horizon_s=86_400, band=2)
EVENT: Final = EventRecord("ab" * 16, 0, "received", 0, "KR.WARRANT", "", "cd" * 32, 1, 1, answers={"content": "held"})
RENEWAL: Final = RenewalRecord(SlotRef(0, 1), ("11" * 32, "22" * 32))
PACKAGE: Final = sealed(order("subscriber", "content"))
HELD: Final = read_receipt(PACKAGE[RECEIPT])
WORD: Final = encode_enrolment(EnrolDetails("mina", "Mina", new_identity()[1], (credential_of(BLIND, "file"),)))
ODD: Final[tuple[object, ...]] = (
    None, True, 0, -1, 1, 2**53 - 1, 2**53, 10**40, "", "x" * 5_000, "\x00", "9999H2", "0000H1", "ab" * 16, "00" * 32,
    "\u202e", [], {}, [[]], {"": ""}, [None] * 300, {str(n): "held" for n in range(900)},
)  # fmt: skip


def warp(rng: random.Random, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A value with something in it exchanged, taken out or doubled; what is left still encodes, mostly."""
    if rng.randrange(6) == 0 or not isinstance(value, dict | list) or not value:
        return rng.choice(ODD)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        changed = [value[at], value[at]] if rng.randrange(4) == 0 else [warp(rng, value[at])]
        return [*value[:at], *changed, *value[at + 1 :]]
    name = rng.choice(list(value))
    if rng.randrange(8) == 0:
        return {other: each for other, each in value.items() if other != name}
    return value | {rng.choice([name, name, name, "more"]): warp(rng, value[name])}


def warped(rng: random.Random, seed: bytes) -> bytes:
    """Canonical JSON, changed as text or as a value."""
    if rng.randrange(3) == 0:
        return mutate(rng, seed)
    value = parse_canonical(seed, "a seed")
    for _ in range(rng.randrange(1, 4)):
        value = warp(rng, value)
    try:
        return canonical(value)
    except Bug:  # beyond what can be encoded; as text it still arrives
        return msgspec.json.encode(value)


STATEMENTS: Final[tuple[Statement, ...]] = (
    Genesis("relay.example/docket", CADENCE, "ee" * 32),
    Opening(SlotRef(0, 0), BLIND.hex(), EVENT),
    Opening(SlotRef(1, 0), BLIND.hex(), RENEWAL),
    Opening(SlotRef(0, 2), BLIND.hex(), NullRecord()),
    Opening(SlotRef(0, 0), BLIND.hex(), msgspec.structs.replace(EVENT, answers={str(n): "held" for n in range(900)})),
    Reseal(SlotRef(0, 1), SlotRef(1, 0)),
    Report("2023H2", 1, (Row("KR.WARRANT", 1, pending=1),), (Band("US.NSL", 0, 249),), "ee" * 32),
    TaxonomyStated("ff" * 32),
)
JSONS: Final[dict[str, tuple[Callable[[bytes], bytes], list[bytes]]]] = {
    "statement": (
        lambda data: encode_statement(parse_statement(bytes([STATEMENT_LEAF]) + data))[1:],
        [encode_statement(one)[1:] for one in STATEMENTS],
    ),
    "receipt": (lambda data: canonical(read_receipt(data)), [PACKAGE[RECEIPT]]),
    "manifest": (lambda data: encode_manifest(read_manifest(data)), [PACKAGE["data/manifest.json"]]),
}
RAW: Final[dict[str, tuple[Callable[[bytes], bytes], bytes]]] = {
    "batch-header": (lambda data: parse_header(data).encode(), BatchHeader(3, 1, BLIND).encode()),
    "slot": (lambda data: parse_slot_leaf(data).encode(), SlotLeaf(SlotRef(1, 2), KEY, bytes(121)).encode()),
    "custody": (lambda data: b"".join(canonical(one) + b"\n" for one in read_custody(data)), PACKAGE[CUSTODY]),
}


def jsons(rng: random.Random) -> None:
    """What has a canonical form: what is taken, is written the same."""
    decode, seeds = JSONS[rng.choice(list(JSONS))]
    data = warped(rng, rng.choice(seeds))
    try:
        encoded = decode(data)
    except PeerError:
        return
    assert encoded == data


def raw(rng: random.Random) -> None:
    """Leaves and lines: likewise."""
    decode, seed = RAW[rng.choice(list(RAW))]
    data = mutate(rng, seed)
    try:
        encoded = decode(data)
    except PeerError:
        return
    assert encoded == data


def pointer(rng: random.Random) -> None:
    """Only the real pointer opens."""
    real = seal_pointer(KEY, bytes(12), BLIND, EVENT)
    data = mutate(rng, real)
    try:
        open_pointer(KEY, data)
    except PeerError:
        return
    assert data == real


def word(rng: random.Random) -> None:
    """A pasted word is an enrolment or refused."""
    text = mutate(rng, WORD.encode()).decode("utf-8", "replace")
    with contextlib.suppress(UserError):
        decode_enrolment(text)


def receipt(rng: random.Random) -> None:
    """A receipt holds only as it was issued, whatever its owner or a forger makes of it."""
    data = warped(rng, PACKAGE[RECEIPT])
    try:
        found = read_receipt(data)
        check_receipt(found, desk().policy)
    except PeerError:
        return
    assert (found.slot.leaf, found.slot.record, found.private) == (HELD.slot.leaf, HELD.slot.record, HELD.private)


def slots_of(period: int, records: dict[int, Record]) -> list[bytes]:
    """The slots of a period."""
    return [
        SlotLeaf(SlotRef(period, at), commit(BLIND, records[at]) if at in records else bytes([period, at]) * 16,
                 bytes(121)).encode()
        for at in range(CADENCE.slots)
    ]  # fmt: skip


def a_log(statements: list[bytes]) -> list[bytes]:
    """Three periods, with these statements in the last one."""
    first = slots_of(0, {0: EVENT, 2: NullRecord()})
    return [
        encode_statement(STATEMENTS[0]), BatchHeader(0, 0, BLIND).encode(), *first,
        BatchHeader(1, 0, BLIND).encode(), *slots_of(1, {0: RENEWAL}),
        BatchHeader(2, len(statements), BLIND).encode(), *slots_of(2, {}), *statements,
    ]  # fmt: skip


def log(rng: random.Random) -> None:
    """Whatever entries a log has, and whenever they were witnessed: it is recounted to the end, or is no log."""
    chosen = [encode_statement(one) for one in rng.choices(STATEMENTS[1:], k=rng.randrange(7))]
    statements = [bytes([STATEMENT_LEAF]) + warped(rng, one[1:]) if rng.randrange(2) else one for one in chosen]
    entries = a_log(statements)
    if rng.randrange(4) == 0:
        entries[0] = bytes([STATEMENT_LEAF]) + warped(rng, entries[0][1:])
    for _ in range(rng.randrange(3)):
        at = rng.randrange(len(entries))
        entries[at : at + rng.randrange(2)] = [mutate(rng, rng.choice(entries))]
    stamps = {period: Stamp(rng.randrange(30), rng.choice([None, 0, 1_700_009_000, 2**62]), ())
              for period in range(rng.randrange(4))}  # fmt: skip
    try:
        periods_of(entries)
        recount(entries, stamps, rng.choice([0, 1_700_009_000, 2_000_000_000]))
    except PeerError:
        return


def package(rng: random.Random) -> None:
    """Nothing but the real package is one."""
    name = rng.choice(list(PACKAGE))
    data = mutate(rng, PACKAGE[name])
    if name.endswith(".json") and rng.randrange(2):
        data = warped(rng, PACKAGE[name])
    files = {path: kept for path, kept in PACKAGE.items() if path != name or rng.randrange(8)} | {name: data}
    try:
        verify_package(files, desk().policy, desk().custodian.fingerprint)
    except PeerError:
        return
    assert files == PACKAGE


TARGETS: Final[tuple[Target, ...]] = (*(jsons, raw, log, receipt, pointer, word) * 8, package)


if __name__ == "__main__":
    fuzz("docket", __doc__, TARGETS, most_growth=MOST_GROWTH)
