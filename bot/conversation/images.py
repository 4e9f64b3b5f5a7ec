"""Images made harmless: drawn anew, so that only what is to be seen is left of them.

A photo of a home carries where it was taken, when and by which telephone; a file may carry
anything behind its picture. Neither survives.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from bot.errors import UnsupportedMedia

_STARTS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_WEBP_AT = slice(8, 12)
# A telephone's largest; a small file that claims more is meant to fill the memory.
_MAX_PIXELS = 120_000_000
# Enough to read a type plate from; telephones take more than an agent can use.
_MAX_SIDE = 4096
_SAVE: dict[str, dict[str, int]] = {
    "JPEG": {"quality": 88},
    "PNG": {"compress_level": 4},
    "WEBP": {"quality": 88},
}
_DRAWN = {"JPEG": ("L", "RGB"), "PNG": ("L", "LA", "RGB", "RGBA"), "WEBP": ("RGB", "RGBA")}


@dataclass(frozen=True)
class Picture:
    """An image as it is kept: its bytes, its media type, and the SHA-256 of the bytes in hex."""

    data: bytes
    media_type: str
    sha256: str


def kind_of(data: bytes) -> str:
    """Return `JPEG`, `PNG` or `WEBP` by the first bytes, whatever the sender says.

    Raises UnsupportedMedia for anything else.
    """
    for start, name in _STARTS.items():
        if data.startswith(start):
            return name
    if data.startswith(b"RIFF") and data[_WEBP_AT] == b"WEBP":
        return "WEBP"
    raise UnsupportedMedia


def clean(data: bytes) -> Picture:
    """Return the image drawn anew: upright, at most 4096 pixels a side, without metadata.

    Takes a moment of a processor: call it in a thread. Raises UnsupportedMedia where the bytes
    are no JPEG, PNG or WebP, are cut off, or claim more than 120 million pixels.
    """
    kind = kind_of(data)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise UnsupportedMedia("the image has too many pixels")
            drawn = _drawn(image, kind)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnsupportedMedia(f"the image cannot be read: {error}") from error
    out = io.BytesIO()
    drawn.save(out, kind, **_SAVE[kind])
    kept = out.getvalue()
    return Picture(kept, f"image/{kind.lower()}", hashlib.sha256(kept).hexdigest())


def _drawn(image: Image.Image, kind: str) -> Image.Image:
    # A JPEG is decoded at no more than the size that is kept.
    image.draft(None, (_MAX_SIDE, _MAX_SIDE))
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in _DRAWN[kind]:
        upright = upright.convert("RGBA" if "transparency" in upright.info else "RGB")
    upright.thumbnail((_MAX_SIDE, _MAX_SIDE))
    # The encoders write what they find here: places, comments, texts, profiles.
    upright.info.clear()
    return upright
