"""What a large population needs of a relay over an engine: simulated, with parameters that were measured."""
