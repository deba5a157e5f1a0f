"""The drill ``failover``: nodes of an engine are killed, stalled, cut off and restarted, nobody is told two things."""
