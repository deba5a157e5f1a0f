"""The sequencer's private data, beside the public files."""
