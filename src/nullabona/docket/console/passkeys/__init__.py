"""Passkeys: signing in, signing, enrolling and inviting."""
