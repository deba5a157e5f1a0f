"""The drill ``seizure``: the machine of a relay is carried away."""
