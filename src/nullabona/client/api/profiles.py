"""Profiles: the name and picture that an account shows to its rooms."""

from __future__ import annotations

import asyncio
from hashlib import sha256

from nullabona.client.api.records import ProfileInfo
from nullabona.client.api.session import Session
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles
from nullabona.client.media import SafeImage
from nullabona.client.media import profile_picture as make_picture


class Profiles:
    """Names and pictures that accounts show to the rooms they are in."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, account: bytes | None = None) -> ProfileInfo:
        """The name and picture that an account shows (default: this one); empty if it never set them."""
        with self._session.view() as step:
            return profile_of(step, account or step.local.account)

    async def set(self, name: str, picture: bytes | None = None) -> ProfileInfo:
        """Change our profile and tell every room. ``picture`` None keeps it, empty removes it. Raises `BadRequest`."""
        with self._session.step() as step:
            profiles.set_own(step, name, picture)
            return profile_of(step, step.local.account)

    async def face(self, account: bytes, picture: bytes) -> SafeImage:
        """An account's profile picture, re-encoded and cached. Raises `BadImage`."""
        return await self._session.pictures.small((account, sha256(picture).digest(), "face"), picture)

    async def prepare_picture(self, data: bytes) -> bytes:
        """The middle of an image as a JPEG of 128 by 128 pixels, at most 24 KiB. Raises `BadImage`."""
        return await asyncio.to_thread(make_picture, data)


def profile_of(step: Step, account: bytes) -> ProfileInfo:
    """As `Profiles.get`, in the caller's transaction."""
    known = step.store.person(account)
    return ProfileInfo(account, known.name if known else "", known.picture if known else b"")
