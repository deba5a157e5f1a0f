"""The drill ``coerced-operator``: the operator is made to ship a relay that lies; what comes of each lie."""
