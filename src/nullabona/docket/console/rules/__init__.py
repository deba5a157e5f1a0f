"""What the console decides without a clock, a socket or chance: whose request it is, how long a session lives."""
