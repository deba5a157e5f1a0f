"""Private halves of key packages: kept while an invitation may be on its way, then gone."""

from __future__ import annotations

import nullabona_mls

from nullabona.client.mls import KEPT_KEY_PACKAGES
from tests.rooms.world import World


def test_old_private_halves_are_forgotten() -> None:
    """However often a card is renewed, the store holds the private halves of the newest ten packages and no others."""
    mina = World(1).person("mina")
    for _ in range(KEPT_KEY_PACKAGES + 5):
        with mina.store.transaction():
            newest = mina.mls.key_package()
    with mina.store.transaction():
        refs = {key for _, key, _ in mina.store.mls_rows([nullabona_mls.KEY_PACKAGE_SCOPE])}
    assert len(refs) == KEPT_KEY_PACKAGES
    assert nullabona_mls.key_package_info(newest).ref in refs
