"""The console's socket: its connections, and the thread of the desk."""
