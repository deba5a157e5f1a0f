"""A stranger without identity, on one connection and on fifty, beside people who talk."""
