"""The witness's decisions: pure functions and values."""
