"""The drill ``seized-engine``: the nodes of an engine are carried away, running, while people talk."""
