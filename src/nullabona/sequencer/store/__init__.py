"""What a log's sequencer keeps for itself, beside the public files."""
