"""The messenger's user interface: a local process that serves its page on loopback (docs/decisions/0008)."""
