"""The directory: handles to cards, published by their owners and looked up by anybody (spec/directory.md).

``core`` decides, ``store`` keeps, ``service`` answers requests. Sockets belong to whoever carries the service.
"""
