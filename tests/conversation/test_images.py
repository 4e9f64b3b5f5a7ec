"""What is left of a consumer's image: the picture, and nothing else."""

import hashlib
import io
import struct
import zlib

import pytest
from PIL import Image

from bot.conversation.images import clean, kind_of
from bot.errors import UnsupportedMedia
from tests.channels.pictures import GPS, JPEG, PNG, SECRET, WEBP, comments, draw, exif

ZIP = b"PK\x03\x04" + b"<script>alert(1)</script>" * 20


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(("data", "kind"), [(JPEG, "JPEG"), (PNG, "PNG"), (WEBP, "WEBP")])
def test_neither_place_nor_words_survive(data, kind):
    assert SECRET.encode() in data
    kept = clean(data)
    assert kept.media_type == f"image/{kind.lower()}"
    assert SECRET.encode() not in kept.data
    image = opened(kept.data)
    image.load()
    assert not dict(image.getexif().get_ifd(GPS))
    assert not {"exif", "comment", "Comment", "xmp", "icc_profile"} & set(image.info)


def test_the_hash_is_that_of_what_is_kept():
    kept = clean(JPEG)
    assert kept.sha256 == hashlib.sha256(kept.data).hexdigest()


def test_what_hangs_behind_the_picture_is_gone():
    assert b"script" not in clean(JPEG + ZIP).data
    assert b"script" not in clean(PNG + ZIP).data


def test_it_stands_upright_as_the_telephone_was_held():
    kept = opened(clean(draw(exif=exif(orientation=6))).data)
    assert kept.size == (20, 40)
    red, blue = kept.getpixel((10, 5)), kept.getpixel((10, 35))
    assert red[0] > 200
    assert red[2] < 60
    assert blue[2] > 200
    assert blue[0] < 60


def test_a_large_one_is_made_smaller_and_keeps_its_shape():
    assert opened(clean(draw(size=(6000, 3000))).data).size == (4096, 2048)


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_other_colours_of_jpeg_are_read(mode):
    image = Image.new(mode, (8, 8))
    out = io.BytesIO()
    image.save(out, "JPEG")
    assert opened(clean(out.getvalue()).data).size == (8, 8)


def test_palettes_and_transparency_of_png_are_kept():
    image = Image.new("P", (8, 8))
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0, pnginfo=comments())
    assert opened(clean(out.getvalue()).data).getpixel((0, 0))[3] == 0


def bomb():
    """Return a small PNG that claims 50,000 pixels a side."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + b"g" * 99,
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0" + b"j" * 200,
        JPEG[: len(JPEG) // 2],
        draw("PNG")[:-40],
        bomb(),
        b"RIFF\x00\x00\x00\x00WEBP" + b"w" * 50,
    ],
)
def test_what_is_no_whole_image_is_refused(data):
    with pytest.raises(UnsupportedMedia):
        clean(data)


def test_the_kind_is_told_by_the_bytes():
    assert [kind_of(data) for data in (JPEG, PNG, WEBP)] == ["JPEG", "PNG", "WEBP"]
