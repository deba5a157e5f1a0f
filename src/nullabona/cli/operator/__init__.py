"""``nulla relay`` and ``nulla witness``: what an operator runs."""
