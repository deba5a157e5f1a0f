"""A room goes to another relay, and is looked for at others."""
