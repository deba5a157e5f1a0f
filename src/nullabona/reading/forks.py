"""Uses a log's own files to decide whether two of its signed checkpoints contradict each other."""

from __future__ import annotations

from nullabona.errors import UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.forks import Fork, ForkInvalid
from nullabona.log.note import parse_note
from nullabona.log.tree import GetNode, ProofInvalid, consistency_proof, subtree_hash, verify_consistency
from nullabona.log.witnessing import add_checkpoint
from nullabona.reading.errors import LogDiffers, LogRolledBack
from nullabona.reading.prove import with_nodes
from nullabona.reading.source import Source
from nullabona.reading.verify import Report


class Undecided(UserError):
    """Two checkpoints of a log may contradict each other, and the evidence alone cannot decide it."""

    code = "fork-undecided"
    default_hint = "let the log's own files decide: nulla log verify-evidence FILE --policy FILE --log WHERE"


async def decide(source: Source, report: Report, fork: Fork) -> Fork:
    """Self-contained evidence that the log has two histories, made with the files that it serves now.

    ``fork`` was weighed, and the checkpoint of ``report`` checked, under the reader's policy. Raises `ForkInvalid` if
    both checkpoints fit the log as it is, `LogRolledBack` if it shows less than it signed, `LogDiffers` if its files do
    not match what it signed, `LogIncomplete`.
    """
    now = report.checkpoint
    notes = (fork.held, fork.shown.note)
    pair = [parse_checkpoint(note.text) for note in notes]
    if now.origin != fork.origin:
        raise ForkInvalid("the log there is another one than the evidence is about")
    if now.size < pair[1].size:
        raise LogRolledBack(f"the log shows {now.size} entries and has signed {pair[1].size}")
    sizes = [each.size for each in (*pair, now)]
    roots, proofs = await with_nodes(source, now.size, lambda get_node: _looked_up(get_node, sizes))
    try:
        for size, root, proof in zip(sizes, roots, proofs, strict=True):
            verify_consistency(size, root, now.size, now.root, proof)
    except ProofInvalid as error:
        raise LogDiffers("the log's files do not have the root that it has signed") from error
    for note, signed, root, proof in zip(notes, pair, roots, proofs, strict=False):
        if signed.root != root:
            shown = add_checkpoint(signed.size, proof, parse_note(report.note))
            same = signed.size == now.size
            return Fork("two-roots" if same else "no-consistency", now.origin, note, shown, (), b"" if same else root)
    raise ForkInvalid("both checkpoints are in the log as it is: anyone who kept them was given a wrong proof")


def _looked_up(get_node: GetNode, sizes: list[int]) -> tuple[list[bytes], list[tuple[bytes, ...]]]:
    """The log's root at each size, and the consistency proof from each to the last."""
    roots = [subtree_hash(get_node, 0, size) for size in sizes]
    return roots, [consistency_proof(get_node, size, sizes[-1]) for size in sizes]
