"""The release log: which versions of the program exist, who says so, and which one may be installed (spec/release.md).

No I/O and no clock: the caller reads the log and the files, and says what time it is.
"""
