"""What a drill says: sentences in two languages, claims, and the report of both."""
