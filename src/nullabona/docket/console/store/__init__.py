"""What the console keeps: passkeys, enrolments, recoveries and sessions of officers (spec/console.md §9)."""
