"""The requests that exist, who may make them, and how they are answered."""
