# SPDX-License-Identifier: Apache-2.0
"""Pictures for tests, made here: plain and noisy ones, as different cameras and programs write them."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image

# The first pixel is red, all others blue: so one sees which way a picture was turned.
RED, BLUE = (200, 0, 0), (0, 0, 200)
ORIENTATION = 0x0112


def plain(width: int = 40, height: int = 20, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    return image.convert(mode)


def noisy(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def as_file(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def from_camera(**how: Any) -> bytes:
    """A JPEG that was taken with the camera upright and says where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "taken in Bern"
    return as_file(plain(400, 200), "JPEG", exif=exif, **how)
