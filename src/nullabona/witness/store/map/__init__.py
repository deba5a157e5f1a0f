"""A mirror of a directory's map, beside the witness's memory: it is made again if it is lost."""
