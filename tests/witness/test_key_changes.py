"""A witness confirms a change of keys once, by its operator's hand, and never two in one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.log.key_change import KeyChange, KeysUnproven, check_change
from nullabona.log.policy import Policy
from nullabona.machine.settings import BadConfig
from nullabona.witness.beginning import WitnessNotBegun
from nullabona.witness.config import Config, make_config
from nullabona.witness.core.judging import WatchedLog
from nullabona.witness.key_changes import FOLDER, ChangeNotConfirmed, check_for, confirm
from nullabona.witness.run import open_store
from tests.log.key_changes import ORIGIN, WITNESSES, change, policy, signed, tree
from tests.witness.running import START, log_signers, witness_signers
from tests.witness.test_config import key, settings  # noqa: F401 - a fixture

CHANGE = change()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of a witness that knows the log's first keys, and has begun."""
    log = WatchedLog(ORIGIN, tuple(signer.verifier for signer in log_signers(ORIGIN, "first")))
    made = Config(data=tmp_path / "data", signers=witness_signers(WITNESSES[0]), logs=(log,), listen=())
    lock, store = open_store(made)
    store.close()
    lock.close()
    return made


def drafted(what: KeyChange = CHANGE, *logs: str) -> bytes:
    """As a log's operator sends it."""
    return signed(what, logs or ("first", "second"), witnesses=()).encode()


def test_what_two_witnesses_confirm_is_followed(config: Config, tmp_path: Path) -> None:
    """The signatures are those that readers ask for; asking again gives them again."""
    note = signed(CHANGE, witnesses=()).note
    other = replace(config, data=tmp_path / "other", signers=witness_signers(WITNESSES[1]))
    lock, store = open_store(other)
    store.close()
    lock.close()
    for each in (config, config, other):
        note = note.plus(confirm(each, drafted(), CHANGE.fingerprint.upper(), START))
    check_change(CHANGE, note, Policy.parse(policy("first")), Policy.parse(policy("second")))


def test_another_fingerprint_signs_nothing(config: Config) -> None:
    """The file came from somebody else than the voice on the telephone; nothing is remembered of it."""
    with pytest.raises(ChangeNotConfirmed, match="fingerprint"):
        confirm(config, drafted(), change(after="third").fingerprint, START)
    assert not (config.data / FOLDER).exists()


def test_two_successors_of_one_key_are_not_both_confirmed(config: Config) -> None:
    """The old keys signed two changes; the second is refused, after a restart too."""
    second = change(after="third")
    confirm(config, drafted(), CHANGE.fingerprint, START)
    with pytest.raises(ChangeNotConfirmed, match="another change in its place"):
        confirm(config, drafted(second, "first", "third"), second.fingerprint, START)


def test_a_change_follows_the_one_that_was_confirmed(config: Config) -> None:
    """Of another history of changes the next one is refused; of this one it is signed."""
    log = WatchedLog(ORIGIN, tuple(signer.verifier for signer in log_signers(ORIGIN, "second")))
    after = replace(config, logs=(log,))
    following = change("second", "third", 1)
    confirm(config, drafted(), CHANGE.fingerprint, START)
    foreign = signed(following, ("second", "third"), (), before=tree(change(after="third"))).encode()
    with pytest.raises(ChangeNotConfirmed, match="before this one"):
        confirm(after, foreign, following.fingerprint, START)
    honest = signed(following, ("second", "third"), (), before=tree(CHANGE)).encode()
    assert 1 == len(confirm(after, honest, following.fingerprint, START))


def test_a_crash_before_the_file_is_whole_signs_nothing_twice(config: Config) -> None:
    """What was left of an interrupted write is written again."""
    (config.data / FOLDER).mkdir()
    confirm_name = next(iter(_names(config)))
    (config.data / FOLDER / f".{confirm_name}.new").write_bytes(b"half")
    assert 1 == len(confirm(config, drafted(), CHANGE.fingerprint, START))
    assert {confirm_name} == {path.name for path in (config.data / FOLDER).iterdir()}


def _names(config: Config) -> set[str]:
    confirm(config, drafted(), CHANGE.fingerprint, START)
    found = {path.name for path in (config.data / FOLDER).iterdir()}
    for path in (config.data / FOLDER).iterdir():
        path.unlink()
    return found


def test_only_changes_of_its_own_logs_are_confirmed(config: Config) -> None:
    """Another log's keys, a witness that neither policy names, a change that the keys did not sign, no memory."""
    stranger = replace(config, logs=(WatchedLog(ORIGIN, (log_signers(ORIGIN, "ninth")[0].verifier,)),))
    with pytest.raises(ChangeNotConfirmed, match="other keys"):
        check_for(stranger, drafted())
    with pytest.raises(ChangeNotConfirmed, match="not one of"):
        check_for(replace(config, signers=witness_signers("w.example/9")), drafted())
    with pytest.raises(KeysUnproven):
        check_for(config, drafted(CHANGE, "second"))
    with pytest.raises(WitnessNotBegun):
        check_for(replace(config, data=config.data / "none"), drafted())


def test_a_server_never_cosigns_changes_of_keys(key: Path) -> None:  # noqa: F811 - the fixture
    """The log of changes in a configuration would confirm whatever its keys sign."""
    name = f"{ORIGIN}/keys"
    vkeys = [signer.verifier.encode() for signer in log_signers(name)]
    with pytest.raises(BadConfig, match="not cosigned by a server"):
        make_config(settings(key, {"log": [{"vkeys": vkeys}]}))
