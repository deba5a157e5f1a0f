"""Pictures and codes: what Pillow and segno do for a client, behind one door. No network, no store.

Images are decoded in a process of their own (`apart`). Everything here may take long and is called in a thread.
"""

from nullabona.client.media.apart import animated, end_workers, prepare_photo, profile_picture, safe_image, safe_small
from nullabona.client.media.codes import qr_rows
from nullabona.client.media.images import BadImage, NoPictures, PreparedPhoto, SafeImage

__all__ = [
    "BadImage",
    "NoPictures",
    "PreparedPhoto",
    "SafeImage",
    "animated",
    "end_workers",
    "prepare_photo",
    "profile_picture",
    "qr_rows",
    "safe_image",
    "safe_small",
]
