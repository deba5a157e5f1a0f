"""``nulla release``: who publishes releases, who rebuilds them, and who checks what was published."""
