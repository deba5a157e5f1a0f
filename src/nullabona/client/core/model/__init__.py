"""Values of the client: stored data, message contents, the engine's inputs and outputs. No module here takes a step."""
