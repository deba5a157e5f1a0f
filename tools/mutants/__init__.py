"""Random mutants of the source, and whether the tests notice them (docs/decisions/0039, `make mutants`)."""
