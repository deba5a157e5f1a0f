"""What a device checks of directories' public records, and remembers of them (spec/map.md §§3, 6, 7).

`pinned` is what is remembered of a directory, `checking` verifies answers, `owner` watches the own handle, `promises`
keeps what a directory promised, `keeping` puts all of it into the store. Pure; what is fetched, and when, is the
runner's.
"""
