"""The app of a profile as a process of its own, with the protocol's pauses shortened.

``serve.py PROFILE HOST LANG [MINUTE]``: ``MINUTE`` is how many seconds a minute of idle time has. Everything else is
what ``nulla app`` runs. Prints the address of a launch file; with each line that comes in on standard input it prints
another.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from nullabona.app.desk import work
from nullabona.app.run import running_app
from nullabona.words.errors import Language
from tests.api.people import QUICK


async def main(profile: str, host: str, language: str, minute_s: str = "60") -> None:
    """Serve until the input ends."""
    vars(work)["_MINUTE_S"] = float(minute_s)
    path = Path(profile)
    spoken: Language = "ko" if language == "ko" else "en"
    async with running_app(path, options=QUICK, host=host, language=spoken, home=path.parent) as opened:
        sys.stdout.write(f"{opened.launch.as_uri()}\n")
        sys.stdout.flush()
        while await asyncio.to_thread(sys.stdin.readline):
            async with running_app(path, options=QUICK) as other:
                sys.stdout.write(f"{other.launch.as_uri()}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
