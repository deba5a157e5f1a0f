"""The messenger's own face: a local process that serves its page on loopback (docs/decisions/0008)."""
