"""What happens to a case, from intake to the notice of the person concerned."""
