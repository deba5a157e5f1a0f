"""Reading what other messengers exported (docs/how-to/move-in.md): bytes in, chats and lines out."""
