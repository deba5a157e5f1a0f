"""What a witness answers over HTTP to logs that are honest, wrong, or lie (spec/witness.md §2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from nullabona.log.forks import parse_fork, weigh
from nullabona.log.note import Note, NoteSignature, parse_note, parse_signatures, verify_note
from nullabona.log.policy import Policy
from nullabona.log.witnessing import add_checkpoint
from nullabona.witness.core.limits import Limits
from tests.sequencer.logs import policy_text
from tests.witness.growing import ORIGIN, Growing, Said, add, ask
from tests.witness.running import START, RunningWitness, log_signers

ID = sha256(ORIGIN.encode()).hexdigest()


def cosigned(witness: RunningWitness, grown: Growing, said: Said, size: int) -> int | None:
    """The time of the cosignature in the answer, which must hold."""
    assert 200 == said.status, said
    note = Note(grown.checkpoint(size).encode(), parse_signatures(said.body))
    (verified,) = verify_note(note, [signer.verifier for signer in witness.signers])
    return verified.time_s


def evidence(witness: RunningWitness) -> list[dict[str, object]]:
    """Every file of evidence."""
    return [json.loads(path.read_bytes()) for path in sorted(witness.config.data.glob("evidence/*/*.json"))]


def test_growth_is_cosigned(witness: RunningWitness, grown: Growing) -> None:
    """From nothing, and from each size to a larger one, with the time of the witness's clock."""
    assert START == cosigned(witness, grown, add(witness, grown.request(0, 3)), 3)
    witness.now_s += 60
    assert START + 60 == cosigned(witness, grown, add(witness, grown.request(3, 300)), 300)


def test_the_same_again_gets_a_newer_time(witness: RunningWitness, grown: Growing) -> None:
    """A log that did not grow can show that it is still watched."""
    add(witness, grown.request(0, 3))
    witness.now_s += 600
    assert START + 600 == cosigned(witness, grown, add(witness, grown.request(3, 3)), 3)


def test_an_empty_log_is_cosigned(witness: RunningWitness, grown: Growing) -> None:
    """Size 0 is a size."""
    assert START == cosigned(witness, grown, add(witness, grown.request(0, 0)), 0)
    assert START == cosigned(witness, grown, add(witness, grown.request(0, 5)), 5)


def test_the_last_one_can_be_read(witness: RunningWitness, grown: Growing) -> None:
    """Anyone reads the checkpoint cosigned last, with both signatures; before the first there is none."""
    assert 404 == ask(witness, "GET", f"/{ID}/checkpoint").status
    add(witness, grown.request(0, 3))
    add(witness, grown.request(3, 4))
    said = ask(witness, "GET", f"/{ID}/checkpoint")
    assert (200, "text/plain; charset=utf-8") == (said.status, said.kind)
    note = parse_note(said.body)
    keys = [signer.verifier for signer in (*grown.signers, *witness.signers)]
    assert (grown.checkpoint(4).encode(), 3) == (note.text, len(verify_note(note, keys)))
    assert 404 == ask(witness, "GET", f"/{'0' * 64}/checkpoint").status


def test_out_of_step_is_told_the_size(witness: RunningWitness, grown: Growing) -> None:
    """A log that remembers another size is told the right one, as C2SP has it."""
    assert Said(409, b"0\n", "text/x.tlog.size", None) == add(witness, grown.request(2, 3))
    add(witness, grown.request(0, 3))
    assert Said(409, b"3\n", "text/x.tlog.size", None) == add(witness, grown.request(0, 4))


def test_a_rollback_is_refused(witness: RunningWitness, grown: Growing) -> None:
    """A smaller checkpoint is not cosigned, however it is asked for, and changes nothing."""
    add(witness, grown.request(0, 5))
    assert 409 == add(witness, grown.request(0, 3)).status
    assert 400 == add(witness, add_checkpoint(5, (), grown.note(3)).encode()).status
    assert 200 == add(witness, grown.request(5, 6)).status


def test_two_roots_of_one_size_are_evidence(witness: RunningWitness, grown: Growing) -> None:
    """A fork is refused and both notes are kept, once, whether the log asks from the right size or from a wrong one."""
    add(witness, grown.request(0, 5))
    forked = replace(grown, branch=b"!", branch_at=2)
    assert 422 == add(witness, forked.request(5, 5)).status
    assert 422 == add(witness, forked.request(5, 5)).status
    assert 409 == add(witness, forked.request(0, 5)).status
    (file,) = evidence(witness)
    assert ("two-roots", ORIGIN) == (file["kind"], file["origin"])
    held = parse_note(str(file["held"]).encode())
    shown = parse_note(str(file["shown"]).partition("\n\n")[2].encode())
    keys = [signer.verifier for signer in grown.signers]
    assert (grown.checkpoint(5).encode(), forked.checkpoint(5).encode()) == (held.text, shown.text)
    assert [2, 2] == [len(verify_note(note, keys)) for note in (held, shown)]
    assert grown.note(5).text in ask(witness, "GET", f"/{ID}/checkpoint").body


def test_a_larger_fork_is_evidence_to_look_at(witness: RunningWitness, grown: Growing) -> None:
    """A larger checkpoint with a proof that does not hold is refused and kept as what it is."""
    add(witness, grown.request(0, 5))
    forked = replace(grown, branch=b"!", branch_at=2)
    assert 422 == add(witness, forked.request(5, 9)).status
    assert ["no-consistency"] == [file["kind"] for file in evidence(witness)]
    assert 200 == add(witness, grown.request(5, 9)).status


def test_anybody_can_check_what_a_witness_kept(witness: RunningWitness, grown: Growing) -> None:
    """Its files, as they lie there, under a policy that names the log and the witness."""
    policy = Policy.parse(policy_text(grown.signers, [witness.signers[0].name], quorum=1))
    add(witness, grown.request(0, 5))
    forked = replace(grown, branch=b"!", branch_at=2)
    add(witness, forked.request(5, 5))
    add(witness, forked.request(5, 9))
    files = sorted(witness.config.data.glob("evidence/*/*.json"))
    weighed = {path.name.rpartition("-")[0]: weigh(parse_fork(path.read_bytes()), policy) for path in files}
    assert {"two-roots": True, "no-consistency": False} == {kind: each.proven for kind, each in weighed.items()}
    assert [["w0"], ["w0"]] == [[name for name, _ in each.old.witnesses] for each in weighed.values()]


def test_what_the_log_did_not_sign_is_no_evidence(witness: RunningWitness, grown: Growing) -> None:
    """Whoever has no key of the log cannot make it look bad."""
    add(witness, grown.request(0, 5))
    stranger = Growing(log_signers(ORIGIN, "stranger"), b"!")
    assert 403 == add(witness, stranger.request(5, 5)).status
    half = Growing(grown.signers[:1], b"!")
    assert 403 == add(witness, half.request(5, 5)).status
    assert [] == evidence(witness)


def test_evidence_is_bounded(run: Callable[..., RunningWitness], grown: Growing) -> None:
    """So many files for a log; what is beyond is refused all the same."""
    witness = run(limits=Limits(evidence_files=2))
    add(witness, grown.request(0, 5))
    for n in range(4):
        assert 422 == add(witness, replace(grown, branch=b"%d" % n, branch_at=2).request(5, 5)).status
    assert 2 == len(evidence(witness))


def test_unknown_logs_are_not_cosigned(run: Callable[..., RunningWitness]) -> None:
    """A log that the witness was not told of gets 404."""
    signers = log_signers("log.example/other")
    from nullabona.log.checkpoint import Checkpoint
    from nullabona.log.note import sign_note
    from nullabona.log.tree import EMPTY_ROOT

    note = sign_note(Checkpoint("log.example/other", 0, EMPTY_ROOT).encode(), signers, START)
    assert 404 == add(run(), add_checkpoint(0, (), note).encode()).status


def test_lines_of_strangers_are_dropped(witness: RunningWitness, grown: Growing) -> None:
    """Signature lines that nobody asked for are neither kept nor shown to those who read."""
    note = grown.note(3).plus([NoteSignature("stranger.example", b"four", b"anything")])
    assert 200 == add(witness, add_checkpoint(0, (), note).encode()).status
    assert b"stranger" not in ask(witness, "GET", f"/{ID}/checkpoint").body


def test_a_restart_forgets_nothing(run: Callable[..., RunningWitness], grown: Growing) -> None:
    """What was cosigned holds for the next process."""
    first = run()
    add(first, grown.request(0, 5))
    first.stop()
    second = run()
    assert Said(409, b"5\n", "text/x.tlog.size", None) == add(second, grown.request(0, 3))
    assert 422 == add(second, replace(grown, branch=b"!").request(5, 5)).status


def test_a_log_that_asks_too_often_waits(run: Callable[..., RunningWitness], grown: Growing) -> None:
    """Beyond its allowance a log is told when to come back; nothing of it is kept; then it goes on."""
    witness = run(limits=Limits(cosignatures_per_minute=2))
    assert 200 == add(witness, grown.request(0, 1)).status
    assert 200 == add(witness, grown.request(1, 2)).status
    said = add(witness, grown.request(2, 3))
    assert (429, "30") == (said.status, said.retry_after)
    witness.now_s += 30
    assert 200 == add(witness, grown.request(2, 3)).status


def test_health_is_told(witness: RunningWitness) -> None:
    """/healthz says ok; other paths are not there; other methods are not allowed."""
    assert (200, b"ok\n") == (ask(witness, "GET", "/healthz").status, ask(witness, "GET", "/healthz").body)
    assert [404, 405, 405, 405] == [
        ask(witness, method, path).status
        for method, path in (
            ("GET", "/"),
            ("GET", "/add-checkpoint"),
            ("POST", "/healthz"),
            ("PUT", f"/{ID}/checkpoint"),
        )
    ]
