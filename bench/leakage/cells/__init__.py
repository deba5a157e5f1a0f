"""The leakage measure for long time and real talk: requests alone, without a core that makes them.

The real client lives too slowly for 40 messages a day. Here people talk (`talking`), their clients ask what the
client before decision 0061 asked and when (`client`), and only that becomes a `trace.Recording` (`simulate`).
Attackers guess from what each role's machine sees of it (`role_views`, `attackers`), and `scores` says how well. How
far the shortcut is off is measured: the same attackers on recordings of the real client.
"""
