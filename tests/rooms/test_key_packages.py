"""Private halves of key packages: kept while an invitation may be on its way, then gone."""

from __future__ import annotations

import nullabona_mls

from nullabona.client.mls import KEPT_KEY_PACKAGES
from tests.rooms.world import World


def test_old_private_halves_are_forgotten() -> None:
    """However often a card is renewed, the store holds the private halves of the newest ten packages and no others."""
    mina = World(1).person("mina")
    made: list[bytes] = []
    held: set[bytes] = set()
    for _ in range(KEPT_KEY_PACKAGES + 5):
        with mina.store.transaction():
            mina.mls.key_package()
            held = {key for _, key, _ in mina.store.mls_rows([nullabona_mls.KEY_PACKAGE_SCOPE])}
        made += held - set(made)
    assert set(made[-KEPT_KEY_PACKAGES:]) == held
