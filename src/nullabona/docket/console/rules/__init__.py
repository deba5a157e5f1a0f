"""The console's pure rules, without clock, socket or randomness: request origin, session lifetimes, and others."""
