"""The console's socket: connections, the thread of the desk, headers of every answer."""
