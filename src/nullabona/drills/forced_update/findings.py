"""What came of the drill ``forced-update``. Of each attempt: the code of the refusal; empty: it was installed."""

from __future__ import annotations

from dataclasses import dataclass, field

UNTRIED = "-"


@dataclass(slots=True)
class Forced:
    """What came of each way."""

    install_s: float = 0.0
    """From the files to the first version that runs, in a new environment."""
    runs: dict[str, str] = field(default_factory=dict)
    """After each way: what the program that starts says of itself."""
    unlogged: str = UNTRIED
    """1. A program that no log has."""
    other_bytes: str = UNTRIED
    """And other bytes under the name of a release's file."""
    one_size: bool = False
    """Whether both have one name and one size, so that only the hash tells them apart."""
    in_bundle: str = UNTRIED
    """And a statement in the place of an entry that is in the tree."""
    shown_to_one: str = UNTRIED
    """2. A release that two people were made to sign, in a log that only one person is shown."""
    with_one_witness: str = UNTRIED
    """The same with the cosignature of one witness, where both are demanded."""
    with_forged_witnesses: str = UNTRIED
    """And with lines in the names of both that neither of them signed."""
    waited: str = UNTRIED
    """The same in the public log, for a person who waits three days."""
    others_saw: bool = False
    """Whether somebody else then finds it in the log."""
    revoked: str = UNTRIED
    """3. A version that was taken back, and an old one."""
    older: str = UNTRIED
    older_for_unknown: str = UNTRIED
    """And the old one for a person whose program is no release."""
    witnesses_said: str = UNTRIED
    """4. A second history: what came of asking the witnesses to sign it."""
    fork: str = UNTRIED
    """And of showing it without them."""
    rolled_back: str = UNTRIED
    """And of showing what they had signed before the release was taken back."""
    silent_after_days: int = 0
    """5. Nothing new is shown: after so many days the person is told."""
    silent_before: bool = False
    """Whether they were told a day earlier."""
    one_key_entered: str = UNTRIED
    """6. One stolen release key: what the command that enters statements said."""
    one_key: str = UNTRIED
    """And what became of it when it was put into the log by hand."""
    half_a_key: str = UNTRIED
    """And with one half of a second key."""
    forged_key: str = UNTRIED
    """And with lines in the name of a second key that it did not sign."""
    new_keys: str = UNTRIED
    """And with new keys that only they and the stolen one have signed."""
    released_after: str = UNTRIED
    """What came of the next release that people entered, with all that in the log."""
    seen_after: bool = False
    """Whether somebody then finds that release in the log."""
    bought_one_key: str = UNTRIED
    """7. Both witnesses and the log's keys, and one release key."""
    bought_other_log: str = UNTRIED
    """And a log with other release keys, for a person who begins to follow it."""
    bought_waited: str = UNTRIED
    """With two release keys and cosignatures that are dated back, for a person who waits three days."""
    bought: str = UNTRIED
    """And for one who does not wait."""
    noticed: str = UNTRIED
    """What the person is told at the next look at the log that everybody sees."""
    proven: bool = False
    """Whether what was kept then proves it to others."""
    found_at_first: str = UNTRIED
    """A person who waits three days, and a release that is in the log as they begin to follow it."""
    proof_counts: str = UNTRIED
    """The same with a proof that both witnesses cosigned four days ago."""
    proof_dated_back: str = UNTRIED
    """And with one of a day ago that one witness dates back."""
    proof_of_less: str = UNTRIED
    """And with an old checkpoint of a log that does not have the release."""
    undone: str = ""
    """The version that runs after `undo`."""
