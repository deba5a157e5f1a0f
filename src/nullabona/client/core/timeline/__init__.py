"""The content that people see in a room: messages, annotations, files, notices, read markers, names."""
