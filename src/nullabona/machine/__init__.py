"""What a process needs of its machine: whole files, a lock, key files, an HTTP client, memory that stays inside.

Nothing here decides anything; a service that needs it takes it from here, and relay, directory, witness and docket stay
apart.
"""
