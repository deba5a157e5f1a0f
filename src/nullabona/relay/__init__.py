"""The relay: a shelf of sealed boxes and blobs (spec/relay.md).

``core`` decides, ``store`` keeps, the modules beside them hold sockets, threads and the clock.
"""
