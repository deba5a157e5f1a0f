"""What an installed icon starts."""
