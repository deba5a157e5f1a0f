"""The witness's store: the last checkpoint of each log, and evidence."""
