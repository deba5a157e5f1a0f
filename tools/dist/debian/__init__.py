"""The Debian packages: `nullabona`, `nullabona-relay` and `nullabona-desk`, each with a program of its own."""
