"""History that was imported from other messengers: where it stands in a room, what is remembered of an import."""
