"""What a release consists of, and how it is built: `make dist` (docs/how-to/build-a-release.md, decision 0047).

Everything is made from a commit, never from the working tree: two builds of one commit with the same tools have
to be bit-identical, by any user, in any folder, at any time. tests/dist compares them.
"""
