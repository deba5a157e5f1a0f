"""Repositories: backups in sealed chunks, in a folder or at a relay (spec/repository.md).

`write_snapshot` adds a backup to a `Place` and verifies it; `newest` and `read_records_of` read one. A place is not
trusted: what it changes is noticed, and it learns sizes and times only.
"""
