"""Answers what pages ask: a module for each group of calls, and `rpc`, which reads calls and sends answers."""

from nullabona.app.answers import account, chat, devices, entering, imports, moving, people, record, talk, trust

__all__ = ["account", "chat", "devices", "entering", "imports", "moving", "people", "record", "talk", "trust"]
