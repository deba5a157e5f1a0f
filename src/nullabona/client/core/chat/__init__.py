"""What makes a room a conversation: annotations, notices, timers, names, search. Pure decisions over the store."""
