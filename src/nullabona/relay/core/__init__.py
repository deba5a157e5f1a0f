"""What the relay decides: pure functions and values; time and chance are arguments (spec/relay.md)."""
