"""A new installation compiles what its person will run, and nothing of servers or the legal desk."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

SLIM: Final = """
import sys
from nullabona.cli.update import slim
slim.remove_unused = lambda site: print(site)
slim.main()
print(*sorted(name for name in sys.modules if name.startswith("nullabona.")))
"""


def test_only_the_messenger_is_loaded() -> None:
    """The app, its commands and photos are loaded, and so compiled; relay, directory, legal desk and drills are not."""
    done = subprocess.run([sys.executable, "-c", SLIM], text=True, capture_output=True, check=True, timeout=50)
    site, loaded = done.stdout.splitlines()
    names = set(loaded.split())
    assert site.endswith("site-packages")
    assert {"nullabona.app.run", "nullabona.cli.person.talk", "nullabona.client.media.worker"} <= names
    parts = {name.split(".")[1] for name in names}
    assert set() == parts & {"directory", "docket", "drills", "operating", "relay", "witness"}
