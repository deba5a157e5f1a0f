"""Values of the client: what is stored, what is said, what crosses the engine's border. No module here takes a step."""
