"""Disks of their own for tests: an ext4 file system in a file, searched as a forensic examiner would."""

from __future__ import annotations

import pytest

from nullabona.drills.stage.image import lacking

KINDS: dict[str, tuple[str, ...]] = {"journal": (), "no-journal": ("-O", "^has_journal")}
"""What mkfs.ext4 is told."""
needs_image = pytest.mark.skipif(bool(lacking()), reason=lacking() or "an image can be mounted")
