"""The server of the page: loopback only, a guard before files, uploads, media and the WebSocket (spec/app.md)."""
