"""``nulla log``: anybody checks, proves and watches public logs."""
