"""One request on any connection, tried again where that makes sense."""

from __future__ import annotations

from typing import Final

from nullabona.client.net import TimedOut, TooManyRequests
from nullabona.client.runner.connections import RelayConnection
from nullabona.errors import PeerError
from nullabona.wire.messages import AnyRequest, AnyResponse

ANSWER_S: Final = 60.0
ONCE_S: Final = 20.0
_LOST_MOST: Final = 3


async def ask(connection: RelayConnection, request: AnyRequest) -> AnyResponse | None:
    """The relay's answer, however long the connection takes; None if the relay was reached but gave none."""
    for _ in range(_LOST_MOST):
        carrier = await connection.ready()
        try:
            answer = await carrier.request(request, ANSWER_S)
        except TooManyRequests:
            return None
        except PeerError as error:
            await connection.failed(carrier, error)
            if isinstance(error, TimedOut):
                return None
            continue
        connection.worked()
        return answer
    return None


async def once(connection: RelayConnection, request: AnyRequest) -> AnyResponse | None:
    """The relay's answer to a single try, or None."""
    carrier = await connection.ready()
    try:
        answer = await carrier.request(request, ONCE_S)
    except PeerError as error:
        await connection.failed(carrier, error)
        return None
    except TooManyRequests:
        return None
    connection.worked()
    return answer
