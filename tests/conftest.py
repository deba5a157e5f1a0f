"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy with other tests is slow at moments: how long one example took says nothing about the code.
settings.register_profile("nullabona", deadline=None)
settings.load_profile("nullabona")
