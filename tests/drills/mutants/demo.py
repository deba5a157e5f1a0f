"""What a relay keeps: the drills demo, seizure and warrant are one play."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("the relay logs addresses", "demo", "S-15",
        Edit("relay/front.py", "        self._set_deadline(self._limits.head_timeout_s)\n\n    def connection_lost",
             "        self._set_deadline(self._limits.head_timeout_s)\n"
             "        import logging, os, socket\n"
             '        twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))\n'
             '        logging.getLogger("nullabona.relay").warning("from %s", twin.getpeername()[0])\n'
             "        twin.close()\n\n    def connection_lost")),
    mutant("the relay writes addresses down where it stands", "demo", "S-15",
        Edit("relay/front.py", "        self._set_deadline(self._limits.head_timeout_s)\n\n    def connection_lost",
             "        self._set_deadline(self._limits.head_timeout_s)\n"
             "        import os, socket\n"
             '        twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))\n'
             '        with open("seen", "a") as kept:\n'
             "            kept.write(twin.getpeername()[0] + chr(10))\n"
             "        twin.close()\n\n    def connection_lost")),
    mutant("the relay remembers addresses", "demo", "S-16",
        Edit("relay/front.py", "        self._set_deadline(self._limits.head_timeout_s)\n\n    def connection_lost",
             "        self._set_deadline(self._limits.head_timeout_s)\n"
             "        import os, socket\n"
             '        twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))\n'
             '        self._house.__dict__.setdefault("seen", []).append(twin.getpeername()[0])\n'
             "        twin.close()\n\n    def connection_lost")),
    mutant("the relay has a column for when a box was read", "demo", "S-17",
        Edit("relay/store/schema.sql", "    expiry_day  INTEGER NOT NULL\n) STRICT;\n\nCREATE TABLE frame",
             "    expiry_day  INTEGER NOT NULL,\n    read_at     INTEGER\n) STRICT;\n\nCREATE TABLE frame"), stuck=True),
    mutant("the directory has a column for when somebody was last seen", "demo", "S-17 W-10 W-13",
        Edit("directory/store/schema.sql", "    epoch          INTEGER NOT NULL\n) STRICT, WITHOUT ROWID;\n\n-- Cards that",
             "    epoch          INTEGER NOT NULL,\n    last_seen      INTEGER\n) STRICT, WITHOUT ROWID;\n\n-- Cards that"),
        stuck=True),
    mutant("a box says when it was made", "demo", "W-13",
        Edit("relay/core/boxes.py", 'self._chance(8 * INCARNATION_SIZE).to_bytes(INCARNATION_SIZE, "big")',
             '__import__("time").time_ns().to_bytes(INCARNATION_SIZE, "big")')),
    mutant("boxes are numbered as they come", "demo", "W-13",
        Edit("relay/core/boxes.py", "        num = self._chance(NUM_BITS)\n        while num in self._nums or self._shelf.is_taken(num):\n"
             "            num = self._chance(NUM_BITS)\n",
             "        num = 1\n        while num in self._nums or self._shelf.is_taken(num):\n            num += 1\n")),
    mutant("requests are kept for debugging", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import tempfile\n"
             '            with open(tempfile.gettempdir() + "/requests", "ab") as kept:\n'
             "                kept.write(bytes(body))\n")),
    mutant("a diary of who asked when is kept in the temporary folder", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import tempfile, time\n"
             '            with open(tempfile.gettempdir() + "/diary", "ab") as kept:\n'
             '                kept.write(b"%d %s %d\\n" % (time.time(), type(request).__name__.encode(), id(caller)))\n')),
    mutant("the relay logs when who asked what", "demo", "S-17",
        Edit("relay/dispatch.py", "            request = decode_request(body)\n",
             "            request = decode_request(body)\n"
             "            import logging, time\n"
             '            about = (type(request).__name__, time.time(), id(caller))\n'
             '            logging.getLogger("nullabona.relay").warning("%s at %d on %d", *about)\n')),
)  # fmt: skip
