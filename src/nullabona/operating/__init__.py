"""The composition root of every server process, shared by commands, drills, benches and tests."""
