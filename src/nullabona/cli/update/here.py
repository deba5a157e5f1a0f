"""What this machine is to a release."""

from __future__ import annotations

import sys
from importlib import metadata

from nullabona.client.api import PROFILE_VERSION
from nullabona.updating.home import now_s
from nullabona.updating.update import Here


def here_now() -> Here:
    """This machine, and the version that runs."""
    version, python = metadata.version("nullabona"), sys.version_info[:2]
    return Here(version=version, python=python, profile=PROFILE_VERSION, now_s=now_s())
