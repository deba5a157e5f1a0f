"""The drill ``demo-cluster``: people talk on a cluster while its parts are lost, one by one and then together."""
