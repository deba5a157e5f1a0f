"""Follows the release log and installs what it names, beside what runs now (spec/release.md §§5, 6)."""
