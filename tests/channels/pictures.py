"""Pictures for tests, with what telephones and others write beside them."""

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

GPS = 0x8825
SECRET = "Jinxiu Road 1000, room 602"


def draw(kind="JPEG", size=(40, 20), mode="RGB", **options):
    """Return an image of two halves: red at the left, blue at the right."""
    image = Image.new(mode, size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation=1):
    """Return EXIF that says where a photo was taken, and how the telephone was held."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = SECRET
    data.get_ifd(GPS).update({1: "N", 2: (31.0, 13.0, 50.0), 3: "E", 4: (121.0, 32.0, 40.0)})
    return data


def comments():
    """Return PNG texts."""
    info = PngInfo()
    info.add_itxt("Comment", SECRET)
    return info


JPEG = draw("JPEG", exif=exif(), comment=SECRET.encode())
PNG = draw("PNG", pnginfo=comments())
WEBP = draw("WEBP", exif=exif().tobytes())
