"""The console's store: passkeys, enrolments, recoveries and sessions of officers (spec/console.md §9)."""
