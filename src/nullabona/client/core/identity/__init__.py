"""An account's identity: its card, its identity key, its devices' certificates, and what the record proves of them."""
