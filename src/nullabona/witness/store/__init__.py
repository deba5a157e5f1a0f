"""What a witness keeps: the last checkpoint of each log, and evidence."""
