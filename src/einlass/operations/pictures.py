# SPDX-License-Identifier: Apache-2.0
"""Pictures of services and the logo: whatever somebody uploads becomes one small WebP without metadata. What is one already stays byte for
byte, so that an exported configuration applied again changes nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageCms, ImageOps

from einlass.models import Organisation, Picture

LARGEST_MEGABYTES = 8
LARGEST_BYTES = LARGEST_MEGABYTES * 1024 * 1024
# A few bytes can claim to be a huge picture, so it is looked at before it is unpacked.
LARGEST_MEGAPIXELS = 50
READ = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"
# What a WebP consists of when nothing but the picture is in it.
PICTURE_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError, struct.error)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class PictureRefused(Exception):
    """No picture that we take. `code` is one of the codes of a field of the settings."""

    def __init__(self, code: str, *, limit: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Form:
    """How large a picture may become. Guests load it on a phone: what is heavier is made coarser, `ways` from the finest on."""

    widest: int
    tallest: int
    heaviest: int
    ways: tuple[Mapping[str, Any], ...]


PICTURE = Form(1200, 1600, 600_000, tuple({"quality": quality} for quality in (80, 65, 50, 30, 10)))
# It stands on every page, two fingers wide: three dots a pixel for fine screens, its edges sharp where that is light enough.
LOGO = Form(480, 120, 10_000, ({"lossless": True, "quality": 100}, *({"quality": quality} for quality in (90, 75, 50, 20, 1))))
# Among other services several stand on one page, and all of the first page together should stay below 60 KB.
CARD = Form(560, 640, 12_000, tuple({"quality": quality} for quality in (75, 60, 45, 30, 15, 5)))


@dataclass(frozen=True, slots=True)
class Made:
    """A picture as it is kept and sent."""

    data: bytes = field(repr=False)
    width: int
    height: int
    media_type: str = MEDIA_TYPE

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def made_small(data: bytes, *, form: Form = PICTURE) -> Made:
    """The picture in our form. Raises PictureRefused: unreadable, or too large in bytes or in pixels."""
    if len(data) > LARGEST_BYTES:
        raise PictureRefused("picture_too_large", limit=f"{LARGEST_MEGABYTES} MB")
    try:
        with Image.open(io.BytesIO(data), formats=READ) as image:
            if image.width * image.height > LARGEST_MEGAPIXELS * 1_000_000:
                raise PictureRefused("picture_too_large", limit=f"{LARGEST_MEGAPIXELS} MP")
            ours = is_ours(data, image, form=form)
            # A JPEG is unpacked near the size that is wanted, in a fraction of the memory.
            image.draft("RGB", (2 * form.widest, 2 * form.tallest))
            image.load()
            return Made(data, image.width, image.height) if ours else _encoded(_upright(image, form=form), form=form)
    except BOMBS:
        raise PictureRefused("picture_too_large", limit=f"{LARGEST_MEGAPIXELS} MP") from None
    except UNREADABLE:
        raise PictureRefused("picture_unreadable") from None


def for_card(data: bytes) -> Made:
    """One of our pictures as it stands among others."""
    with Image.open(io.BytesIO(data), formats=READ) as image:
        image.load()
        return _encoded(_upright(image, form=CARD), form=CARD)


def is_ours(data: bytes, image: Image.Image, *, form: Form = PICTURE) -> bool:
    """Whether it is small, alone and without anything that is not the picture."""
    small = image.width <= form.widest and image.height <= form.tallest and len(data) <= form.heaviest
    return image.format == "WEBP" and small and set(_chunks(data)) <= PICTURE_CHUNKS


def keep(made: Made) -> Picture:
    """The row of the picture; equal pictures are one row."""
    values = {"media_type": made.media_type, "width": made.width, "height": made.height, "data": made.data}
    return Picture.objects.get_or_create(digest=made.digest, defaults=values)[0]


def forget_unused() -> None:
    """Pictures that no page shows any more."""
    logos = Organisation.objects.exclude(logo=None).values("logo")
    Picture.objects.filter(services__isnull=True).exclude(pk__in=logos).delete()


def data_of(picture: Picture) -> str:
    """The picture as a configuration file has it."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def _chunks(data: bytes) -> Iterator[bytes]:
    """The names of the parts of a WebP; what follows its end counts as a part, too."""
    end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while at + 8 <= end:
        yield data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    if end != len(data):
        yield b"more"


def _upright(image: Image.Image, *, form: Form) -> Image.Image:
    """As the camera was held, in the colours of the web, no larger than it is shown."""
    turned = _in_web_colours(_turned(image))
    turned.thumbnail((form.widest, form.tallest), Image.Resampling.LANCZOS)
    return turned


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except UNREADABLE:
        return image  # a broken note of the camera is no reason to refuse the picture


def _in_web_colours(image: Image.Image) -> Image.Image:
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode if image.mode != "CMYK" else "RGB"
            )
        except (ImageCms.PyCMSError, *UNREADABLE):
            found = None  # a broken profile is no reason to refuse the picture
        if found is not None:
            return found
    # Sixteen bits of grey: the library would take all but the darkest for white.
    return (image.convert("I").point(lambda grey: grey * (1 / 257)) if image.mode.startswith("I") else image).convert(mode)


def _encoded(image: Image.Image, *, form: Form) -> Made:
    """The finest that is light enough; nothing but the pixels goes into it."""
    for way in form.ways:
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", method=4, exif=b"", xmp=b"", icc_profile=b"", **way)
        if buffer.tell() <= form.heaviest:
            break
    return Made(buffer.getvalue(), image.width, image.height)
