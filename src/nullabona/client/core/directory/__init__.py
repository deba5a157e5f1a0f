"""Checks directories' public records, and remembers what they showed (spec/map.md §§3, 6, 7).

`pinned` holds what a device remembers of a directory, `checking` verifies answers, `owner` judges the epochs of the own
handle, `promises` holds what directories promised, and `keeping` stores all of it. Nothing here does I/O: the runner
decides what is fetched and when.
"""
