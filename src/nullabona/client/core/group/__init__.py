"""Who is in a room: commits, members, invitations, leaving, and branches that part and meet."""
