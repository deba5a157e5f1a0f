"""What `check`, `status` and `doctor` look at. Nothing here changes anything (docs/how-to/runbook.md)."""
