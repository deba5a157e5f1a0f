"""Coming back into rooms after a restore or from a copy of the profile."""
