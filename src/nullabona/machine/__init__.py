"""Machine services for a process: atomic files, a lock, key files, an HTTP client, private memory.

Nothing here decides. Services share this package, so that relay, directory, witness and docket stay independent.
"""
