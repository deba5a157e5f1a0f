"""The state of one running app: opens and locks the profile, listens to the client, pushes changes (spec/app.md)."""
