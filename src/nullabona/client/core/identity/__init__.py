"""Who an account is: its card, its identity key, its devices' certificates, and what was proven of them."""
