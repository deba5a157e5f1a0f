"""An engine of several nodes: what its nodes are set up with, how they are, and how one leaves (spec/engine.md)."""
