"""``nulla record``: every subcommand as a person and as a program meets it, with its exit codes and its errors."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nullabona.client.api import Warned
from nullabona.client.core.directory.keeping import Evidence, keep_evidence
from nullabona.log.digest_chain import Contradiction, DigestHead, StreamKey, fold, leaf_of, link
from tests.api.people import PATIENCE_S, happens, opened, people, play
from tests.api.service import Service
from tests.cli.conftest import Pair
from tests.cli.shell import nulla

STANDING = {
    "host", "known", "by_hand", "demanded", "witnesses", "period_s", "size", "seen_s", "watched_epoch",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wronged:
    """A profile that keeps evidence, and the policy of its directory."""

    profile: Path
    handle: str
    policy: Path


@pytest.fixture(scope="module")
def wronged(tmp_path_factory: pytest.TempPathFactory) -> Wronged:
    """The account was restored elsewhere; so its first device has found an entry that it did not make."""
    folder = tmp_path_factory.mktemp("wronged")

    async def story(service: Service) -> str:
        async with people(service, folder, "mina") as (mina,):
            words, handle = mina.account.phrase(), mina.me.handle
            async with opened(folder / "new") as new:
                await new.account.restore(words, handle)
                await new.account.wait_published(timeout_s=PATIENCE_S)
            await happens(mina, Warned, lambda event: event.code == "foreign-entry")
            return handle

    with Service(folder / "relay", period_s=2) as service:
        handle = play(story(service))
    policy = folder / "policy"
    policy.write_text(nulla("record", "policy", profile=folder / "mina").out, encoding="utf-8")
    return Wronged(folder / "mina", handle, policy)


# -- show ---------------------------------------------------------------------------------------------------------


def test_show_says_how_the_record_stands(pair: Pair, service: Service) -> None:
    """In English and Korean sentences, and as one object with every field for programs."""
    english = nulla("record", "show", profile=pair.mina)
    korean = nulla("record", "show", "--lang", "ko", profile=pair.mina)
    assert (0, 0) == (english.code, korean.code)
    assert "It has no witnesses" in english.out
    assert "증인이 없어요" in korean.out
    row = nulla("record", "show", "--json", profile=pair.mina).row
    assert (STANDING, service.host, True, False) == (set(row), row["host"], row["known"], row["by_hand"])


def test_show_of_a_directory_that_was_never_seen(pair: Pair) -> None:
    """It is said, and is no error: nothing is wrong."""
    shown = nulla("record", "show", "elsewhere.example", profile=pair.mina)
    assert (0, True) == (shown.code, "has not looked" in shown.out)
    assert not nulla("record", "show", "elsewhere.example", "--json", profile=pair.mina).row["known"]


def test_show_of_no_host_is_refused(pair: Pair) -> None:
    """What cannot be a host is a plain error with a hint."""
    shown = nulla("record", "show", "not a host", profile=pair.mina)
    assert (1, "") == (shown.code, shown.out)
    assert "hint:" in shown.err


def test_without_an_account_there_is_nothing_to_show(tmp_path: Path) -> None:
    """No profile is exit 5, on stderr, as JSON if that was asked for."""
    shown = nulla("record", "show", "--json", profile=tmp_path / "none")
    assert (5, "", "profile-missing") == (shown.code, shown.out, json.loads(shown.err)["error"])


# -- pin and forget -----------------------------------------------------------------------------------------------


def test_pin_holds_a_directory_to_a_policy(wronged: Wronged) -> None:
    """The policy of a file counts from then on, and `show` says that it was set here."""
    pinned = nulla("record", "pin", str(wronged.policy), "--json", profile=wronged.profile)
    assert (0, True) == (pinned.code, pinned.row["by_hand"])
    assert "set its witnesses on this device" in nulla("record", "show", profile=wronged.profile).out


@pytest.mark.parametrize(
    ("content", "code", "error"),
    [
        ("nonsense\n", 3, "policy-invalid"),
        ("quorum none\n", 3, "policy-invalid"),
        ("\udcff", 1, "log-file"),
        (None, 1, "log-file"),
    ],
    ids=["no policy", "another log's", "not text", "no file"],
)
def test_what_cannot_be_pinned(wronged: Wronged, tmp_path: Path, content: str | None, code: int, error: str) -> None:
    """A file that is no policy, or not this log's, changes nothing and says why."""
    file = tmp_path / "policy"
    if content is not None:
        file.write_bytes(content.encode("utf-8", "surrogateescape"))
    before = nulla("record", "show", "--json", profile=wronged.profile).row
    refused = nulla("record", "pin", str(file), "--json", profile=wronged.profile)
    assert (code, "", error) == (refused.code, refused.out, json.loads(refused.err)["error"])
    assert before == nulla("record", "show", "--json", profile=wronged.profile).row


def test_pinning_what_was_never_seen_is_refused(pair: Pair, wronged: Wronged) -> None:
    """There is nothing that the policy could be held against yet."""
    refused = nulla("record", "pin", str(wronged.policy), "--host", "elsewhere.example", profile=pair.mina)
    assert (1, True) == (refused.code, "[record-unknown]" in refused.err)


def test_forget_begins_anew(pair: Pair, service: Service) -> None:
    """Nothing is known afterwards; forgetting again is harmless; the host must be named."""
    for _ in range(2):
        assert 0 == nulla("record", "forget", service.host, profile=pair.junho).code
    assert not nulla("record", "show", "--json", profile=pair.junho).row["known"]
    assert 2 == nulla("record", "forget", profile=pair.junho).code


def test_policy_is_data(wronged: Wronged, pair: Pair) -> None:
    """On stdout as it is pinned, as text and as JSON; of a directory that was never seen there is none."""
    text = wronged.policy.read_text(encoding="utf-8")
    assert text.startswith("log ")
    assert {"policy": text} == nulla("record", "policy", "--json", profile=wronged.profile).row
    unknown = nulla("record", "policy", "elsewhere.example", profile=pair.mina)
    assert (1, "", True) == (unknown.code, unknown.out, "[record-unknown]" in unknown.err)


# -- evidence -----------------------------------------------------------------------------------------------------


def test_nothing_was_kept_where_nothing_was_wrong(pair: Pair) -> None:
    """Said to people; nothing at all for programs."""
    assert "no evidence" in nulla("record", "evidence", profile=pair.mina).err
    quiet = nulla("record", "evidence", "--json", profile=pair.mina)
    assert (0, "") == (quiet.code, quiet.out)


def test_evidence_is_shown_written_and_verified_by_somebody_else(wronged: Wronged, tmp_path: Path) -> None:
    """Whoever gets the file needs the policy alone: no profile, no network; the service does not even run any more."""
    row = nulla("record", "evidence", "--json", profile=wronged.profile).rows[0]
    assert ("foreign-entry", True) == (row["code"], row["proves"])
    out = tmp_path / "evidence"
    told = nulla("record", "evidence", "--out", str(out), profile=wronged.profile)
    assert (True, True) == ("foreign-entry" in told.out, "nulla record verify" in told.err)
    (file, *_) = sorted(out.glob("*-foreign-entry.evidence"))
    checked = nulla("record", "verify", str(file), "--policy", str(wronged.policy))
    assert (0, True) == (checked.code, f"the card of {wronged.handle}" in checked.out)
    assert "Not proven" in checked.out
    korean = nulla("record", "verify", str(file), "--policy", str(wronged.policy), "--lang", "ko")
    assert "증명되지 않아요" in korean.out
    found = nulla("record", "verify", str(file), "--policy", str(wronged.policy), "--json").row
    assert (wronged.handle, "") == (found["handle"], found["promised"])


@pytest.mark.parametrize("case", ["altered", "rubbish", "no file", "no policy"])
def test_what_does_not_verify(wronged: Wronged, tmp_path: Path, case: str) -> None:
    """Exit 3 for what does not hold, 1 for what cannot be read, 2 without a policy; nothing on stdout."""
    out = tmp_path / "evidence"
    nulla("record", "evidence", "--out", str(out), profile=wronged.profile)
    (file, *_) = sorted(out.glob("*-foreign-entry.evidence"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(b"rubbish" if case == "rubbish" else bytes(data))
    if case == "no file":
        file.unlink()
    policy = [] if case == "no policy" else ["--policy", str(wronged.policy)]
    refused = nulla("record", "verify", str(file), *policy, "--json")
    expected = {"altered": 3, "rubbish": 3, "no file": 1, "no policy": 2}[case]
    assert (expected, "") == (refused.code, refused.out)
    if expected == 3:
        assert "evidence-invalid" == json.loads(refused.err)["error"]


def contradiction() -> Contradiction:
    """What a device keeps of a relay that signed two things under number 5, and went on from the second."""
    key, before = StreamKey(bytes(32)), bytes(32)
    one, other = (leaf_of(b"saltsalt", tags) for tags in (b"some", b"more"))
    *_, shown = fold(before, [other, one])
    ends = (5, link(before, one)), (6, shown)
    known, later = (DigestHead(key.public, number, hashed, key.sign(number, hashed)) for number, hashed in ends)
    return Contradiction(known, later, 4, before, (other, one))


def test_two_signatures_are_verified_without_a_policy(tmp_path: Path) -> None:
    """The key, the number, both hashes, and that nothing shows whose key it is; exit 3 for one that does not hold."""
    found, file = contradiction(), tmp_path / "00-digests-contradict.evidence"
    file.write_bytes(found.encode())
    told = nulla("record", "verify", str(file))
    hashes = [base64.b64encode(each).decode() for each in (found.known.hashed, found.other)]
    for said in (found.known.key.hex(), "number, 5", *hashes, "Not proven: whose key it is"):
        assert said in told.out
    assert "누구의 키인지는 증명되지 않아요" in nulla("record", "verify", str(file), "--lang", "ko").out
    row = nulla("record", "verify", str(file), "--json").row
    assert {"key": found.known.key.hex(), "number": 5, "hashes": hashes} == row
    file.write_bytes(replace(found, before=bytes(31) + b"\x01").encode())
    refused = nulla("record", "verify", str(file), "--json")
    assert (3, "", "digest-evidence-invalid") == (refused.code, refused.out, json.loads(refused.err)["error"])


def test_two_signatures_are_listed_and_written_as_one_file(pair: Pair, tmp_path: Path) -> None:
    """Marked as what they are: they prove less than an entry of a record does."""
    found = contradiction()
    kept = Evidence("digests-contradict", "relay.example", 1_700_000_000, found.known.note(), found.encode())
    profile, out = Path(shutil.copytree(pair.mina, tmp_path / "profile")), tmp_path / "evidence"

    async def keep() -> None:
        async with opened(profile) as client:
            with client._session.step() as step:
                keep_evidence(step.store, kept)

    play(keep())
    told = nulla("record", "evidence", "--out", str(out), profile=profile)
    row = nulla("record", "evidence", "--json", profile=profile).row
    assert "digests-contradict relay.example 2023-11-14T22:13:20Z (two signatures)" in told.out
    assert "needs no policy" in told.err
    assert (False, True) == (row["proves"], row["signatures"])
    assert found.encode() == (out / "00-digests-contradict.evidence").read_bytes()


def test_a_folder_that_cannot_be_written_is_said(wronged: Wronged, tmp_path: Path) -> None:
    """A file in its place: an error with a code, and nothing is lost."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    refused = nulla("record", "evidence", "--out", str(tmp_path / "taken"), profile=wronged.profile)
    assert (1, True) == (refused.code, "[log-file]" in refused.err)


def test_status_says_what_is_still_wrong(wronged: Wronged) -> None:
    """Whoever did not follow when it was told reads it there, in a sentence; programs get it too."""
    (warning,) = nulla("status", "--timeout", "0.2", "--json", profile=wronged.profile).row["warnings"]
    about = warning["detail"]
    assert ("foreign-entry", wronged.handle, True) == (warning["code"], about["handle"], about["epoch"] > 0)
    english, korean = (
        nulla("status", "--timeout", "0.2", "--lang", language, profile=wronged.profile).out
        for language in ("en", "ko")
    )
    assert f"! The public record shows a change to {wronged.handle} that this device did not make" in english
    assert f"! 이 기기가 하지 않은 {wronged.handle} 계정의 변경이 공개 기록에 있어요" in korean


def test_where_nothing_is_wrong_nothing_is_said(pair: Pair) -> None:
    """The status is a table, and syncing one sentence."""
    assert [] == nulla("status", "--json", profile=pair.mina).row["warnings"]
    assert "!" not in nulla("status", profile=pair.mina).out + nulla("sync", profile=pair.mina).err


# -- an operator who begins a new record --------------------------------------------------------------------------


def test_after_the_record_was_lost_publishing_says_so_until_the_new_one_is_taken(tmp_path: Path) -> None:
    """What is remembered to be published is not; it is again once the person has said that the old record is over."""
    with Service(tmp_path / "relay") as service:
        made = nulla("account", "create", service.handle("mina"), "--unprotected", profile=tmp_path / "mina")
        assert 0 == made.code, made.err
        assert 0 == nulla("account", "publish", profile=tmp_path / "mina").code
        service.kill()
        shutil.rmtree(service.data)
        shutil.rmtree(service.record)
        service.start()
        distrusted = nulla("account", "publish", profile=tmp_path / "mina")
        assert (3, True) == (distrusted.code, "[log-replaced]" in distrusted.err), distrusted.err
        synced = nulla("sync", profile=tmp_path / "mina")
        assert (0, True) == (synced.code, f"! The server at {service.host} shows another public" in synced.err)
        forgotten = nulla("record", "forget", service.host, profile=tmp_path / "mina")
        assert (0, True) == (forgotten.code, "nulla account publish" in forgotten.err)
        assert 0 == nulla("account", "publish", profile=tmp_path / "mina").code
        assert [] == nulla("status", "--json", profile=tmp_path / "mina").row["warnings"]
        new = nulla("account", "create", service.handle("jun"), "--unprotected", profile=tmp_path / "jun")
        assert 0 == new.code, new.err
        assert 0 == nulla("contact", "add", service.handle("mina"), profile=tmp_path / "jun").code
