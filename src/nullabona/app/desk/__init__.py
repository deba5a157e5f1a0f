"""The desk: what stands between pages and the client. Answers calls, pushes changes, opens, locks (spec/app.md)."""
