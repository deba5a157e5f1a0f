"""The directory: maps handles to cards, which owners publish and anyone can look up (spec/directory.md).

``core`` decides, ``store`` keeps, ``service`` answers requests. The server that hosts the service owns the sockets.
"""
