"""What an operator may choose of the directory beside a relay (`nulla relay serve`, docs/how-to/run-a-relay.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.core.registering import Admission, Registration
from nullabona.log.keys import Kind, new_signer, vkey
from nullabona.machine.settings import BadConfig
from nullabona.operating.directory import BURST_S, FILES, MOST_CHANGES_PER_S, SETTINGS, host_of, take_settings
from nullabona.operating.registration import MOST_A_DAY
from nullabona.relay.config import make_config, read_file


def test_without_a_word_the_limits_are_the_defaults() -> None:
    assert Limits() == take_settings({}).limits


@pytest.mark.parametrize("per_s", [1, 1_500, MOST_CHANGES_PER_S])
def test_changes_a_second_are_raised_with_what_may_come_at_once(per_s: int) -> None:
    """Nothing else is, and the setting is taken out of those of the relay."""
    settings = {"changes_per_s": per_s, "volatile": True}
    chosen = take_settings(settings)
    rate = Rate(burst=BURST_S * per_s, per_s=per_s)
    lookups = rate if per_s > Limits().lookups.per_s else Limits().lookups
    assert Limits(changes=rate, registrations=rate, lookups=lookups) == chosen.limits
    assert {"volatile": True} == settings


@pytest.mark.parametrize("wrong", [0, -1, MOST_CHANGES_PER_S + 1, 1.5, "200", True])
def test_what_is_no_rate_is_refused(wrong: object) -> None:
    with pytest.raises(BadConfig, match="changes_per_s"):
        take_settings({"changes_per_s": wrong})


@pytest.mark.parametrize("wrong", [True, 0, "600", 1.5, 86_401])
def test_what_is_no_period_is_refused(wrong: object) -> None:
    """A record has one period for good, so a bool is not taken for a second."""
    with pytest.raises(BadConfig, match="period"):
        take_settings({"period": wrong})


@pytest.mark.parametrize("name", ["host", "record", "witnesses", "docket", "docket_files", "mirrors"])
def test_a_text_is_a_text(name: str) -> None:
    with pytest.raises(BadConfig, match=name):
        take_settings({name: True})


@pytest.mark.parametrize("given", ["https://relay.example/", "relay.example/x"])
def test_a_host_is_a_name(given: str) -> None:
    """What people copy from an address bar is refused with what to write."""
    with pytest.raises(BadConfig, match="not a URL") as caught:
        host_of(make_config({"volatile": True}), given)
    assert 'host = "relay.example"' in caught.value.hint


def test_every_path_in_a_file_is_relative_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the relay is started from; a socket and the folders of mirrors too."""
    monkeypatch.chdir("/")
    folder = tmp_path / "conf"
    folder.mkdir()
    (folder / "witnesses.txt").write_text("quorum none\n")
    (folder / "mirrors.txt").write_text("# two\nmirror\nhttps://mirror.example/log\n")
    lines = ['data = "data"', 'record = "rec"', 'witnesses = "witnesses.txt"', 'mirrors = "mirrors.txt"',
             'docket_files = "desk"', 'registration_keys = "keys"',
             'listen = ["unix:relay.sock", "127.0.0.1:8440"]']  # fmt: skip
    (folder / "relay.toml").write_text("\n".join(lines))
    (folder / "keys").write_text(vkey(new_signer(Kind.ED25519, "relay.example/tokens", bytes(32))))
    settings = read_file(folder / "relay.toml", FILES)
    record = take_settings(settings).record
    assert (folder / "rec", folder / "desk") == (record.folder, record.docket_files)
    assert (str(folder / "mirror"), "https://mirror.example/log") == record.mirrors
    config = make_config(settings)
    assert (folder / "data", str(folder / "relay.sock"), None) == (
        config.data, config.listen[0].path, config.listen[1].path,
    )  # fmt: skip


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"nowhere\.txt: there is no such file"):
        take_settings({"witnesses": str(tmp_path / "nowhere.txt")})


def test_a_witness_that_is_gone_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("quorum none\n")
    with pytest.raises(BadConfig, match="no witness is called w9"):
        take_settings({"witnesses": str(tmp_path / "w.txt"), "without_witness": ["w9"]})


def test_a_date_of_toml_is_a_date(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text("volatile = true\ntoday = 2026-11-29\n")
    assert 20_786 == make_config(read_file(tmp_path / "relay.toml")).today


@pytest.mark.parametrize("rule", list(Registration))
def test_the_rule_of_registration(tmp_path: Path, rule: Registration) -> None:
    """By its name; a rule that asks for tokens needs a key whose tokens are taken."""
    assert Registration.OPEN is take_settings({}).admission.rule
    keys = tmp_path / "keys"
    signer = new_signer(Kind.ED25519, "relay.example/tokens", bytes(32))
    keys.write_text(f"# ours\n\n{vkey(signer)}\n")
    chosen = take_settings({"registration": rule.value, "registration_keys": str(keys)}).admission
    assert Admission(rule, frozenset({signer.verifier.public_key})) == chosen


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"registration": "invited"}, "one of open, token, paused"),
        ({"registration": True}, "one of open, token, paused"),
        ({"registration": "token"}, "nobody could register"),
        ({"registration_keys": 7}, "must be a text"),
        ({"registration_keys": "/nowhere/keys"}, "cannot be read"),
        ({"registrations_per_day": 0}, "registrations_per_day"),
        ({"registrations_per_day": MOST_A_DAY + 1}, "registrations_per_day"),
        ({"registrations_per_day": "7"}, "registrations_per_day"),
        ({"registrations_per_day": True}, "registrations_per_day"),
    ],
)
def test_what_is_no_rule_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        take_settings(settings)


@pytest.mark.parametrize("line", ["not a key", vkey(new_signer(Kind.COSIGN_MLDSA44, "relay.example/t", bytes(32)))])
def test_what_is_no_key_for_tokens_is_refused(tmp_path: Path, line: str) -> None:
    """A key of another kind could never have signed one."""
    (tmp_path / "keys").write_text(line + "\n")
    with pytest.raises(BadConfig, match="keys"):
        take_settings({"registration": "token", "registration_keys": str(tmp_path / "keys")})


@pytest.mark.parametrize("most", [1, 200, MOST_A_DAY])
def test_new_handles_a_day_are_limited(most: int) -> None:
    """No more than so many at once and in each day after it, and never more than without the setting."""
    usual = Limits().registrations
    limited = take_settings({"registrations_per_day": most}).limits.registrations
    assert Rate(burst=min(most, usual.burst), per_s=min(most / 86_400, usual.per_s)) == limited


def test_every_setting_is_listed_with_its_meaning() -> None:
    """What `nulla relay limits` lists is what the file may hold."""
    given = {"host": "relay.example", "period": 600, "changes_per_s": 5, "registrations_per_day": 5}
    assert set(FILES) | set(given) | {"registration", "store", "without_witness"} == set(SETTINGS)
    take_settings(given)
    assert {} == given
