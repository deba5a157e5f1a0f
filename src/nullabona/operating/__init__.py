"""What makes a server process of its parts, the same for commands, drills, benches and tests."""
