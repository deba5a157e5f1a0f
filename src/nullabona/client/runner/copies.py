"""A profile that its own files tell to be an old copy: it is asked back into every room before anything is sent."""

from __future__ import annotations

from nullabona.client.account import load_account
from nullabona.client.core.directory.keeping import save_watch
from nullabona.client.core.engine import Engine
from nullabona.client.core.restore import returning
from nullabona.client.mls import SUITE
from nullabona.client.profile import Profile
from nullabona.client.runner.randomness import SystemRandomness, now_ms


def renew_copy(profile: Profile, suite: int = SUITE) -> None:
    """Make a stale profile one that may send again; nothing of its old ratchet state is left. A crash repeats it."""
    account = load_account(profile.store)
    if account is not None:
        engine = Engine(profile.store, account.mls(profile.store, suite), account.local, SystemRandomness())
        with engine.step(now_ms()) as step:
            returning.forsake_all(step)
            save_watch(step.store, None)
    profile.renew()
