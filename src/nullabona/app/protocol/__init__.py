"""What the page and the process say to one another; ``ui/src/lib/protocol.ts`` is generated from these structs."""
