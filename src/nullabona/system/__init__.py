"""What Linux, macOS and Windows do differently for the client and the app: one module per facility.

``files`` opens, syncs and replaces files; ``locks`` keeps a second process out; ``ownership`` says whether other users
reach a file; ``interrupts`` hears Ctrl-C; ``limits`` confines a worker, on Windows by a ``job``; ``memory`` keeps the
memory from others; ``local_socket`` is how processes of one user talk; ``clock`` goes on during sleep; ``pipes`` are in
UTF-8; ``support`` says what runs where. Each has the same functions on every system (docs/decisions/0048).
"""
