"""A shelf on an engine: Valkey or Redis in cluster mode, in memory only (spec/engine.md)."""
