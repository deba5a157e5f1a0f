"""The work on a case, from intake to notifying the person concerned."""
