"""The ways into the console: passkeys, enrolment, sessions, and what must be signed anew (spec/console.md §4, §5)."""
