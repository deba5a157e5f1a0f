"""The running client: an asyncio shell around the core, its reads, its outbox, its clock."""

from nullabona.client.runner.connections import ConnectionState, Dial, Post
from nullabona.client.runner.copies import renew_copy
from nullabona.client.runner.directories import find_card
from nullabona.client.runner.linkbox import LinkBox
from nullabona.client.runner.publishing import Published
from nullabona.client.runner.randomness import now_ms
from nullabona.client.runner.relay_place import KEPT_DAYS, RELAY_PLACE, RENEW_DAYS, RelayPlace
from nullabona.client.runner.runner import Runner
from nullabona.client.runner.tidying import LISTENER, forgotten_upto, handled_upto

__all__ = [
    "KEPT_DAYS",
    "LISTENER",
    "RELAY_PLACE",
    "RENEW_DAYS",
    "ConnectionState",
    "Dial",
    "LinkBox",
    "Post",
    "Published",
    "RelayPlace",
    "Runner",
    "find_card",
    "forgotten_upto",
    "handled_upto",
    "now_ms",
    "renew_copy",
]
