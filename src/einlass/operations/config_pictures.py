# SPDX-License-Identifier: Apache-2.0
"""Pictures in a configuration file: found beside it or written into it, made small before anything is written. What becomes of one:
`pictures.py`."""

from __future__ import annotations

import base64
from pathlib import Path

from einlass.operations import config_schema as schema
from einlass.operations.config_check import Checked
from einlass.operations.pictures import Made, PictureRefused, made_small

# None takes the picture away; a service that is not named keeps what it has.
Pictures = dict[str, Made | None]

SENTENCES = {
    "picture_unreadable": "is no picture that can be read: take a JPEG, PNG or WebP file",
    "picture_too_large": "is too large: at most {limit}",
}


def read_pictures(checked: Checked) -> Pictures:
    """The pictures that the file names, in our form. One that cannot be read is a fault at its line."""
    pictures: Pictures = {}
    for service in checked.file.services:
        if "picture" not in service.model_fields_set:
            continue
        try:
            pictures[service.key] = _made(service.picture, beside=Path(checked.document.source).parent)
        except PictureRefused as refused:
            sentence = SENTENCES[refused.code].format(limit=refused.limit)
            checked.document.fault(service.at("picture"), sentence, code=refused.code, values={"limit": refused.limit})
        except OSError as error:
            sentence = f"cannot be read: {error.strerror or 'there is no such file'}"
            checked.document.fault(service.at("picture"), sentence, code="picture_unreadable")
    return pictures


def part_of_upload(data: bytes) -> dict[str, str]:
    """What somebody uploaded as a part of the configuration, whatever it is."""
    return {"data": f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"}


def _made(source: schema.PictureFile | schema.PictureData | None, *, beside: Path) -> Made | None:
    match source:
        case schema.PictureFile(file=name):
            return made_small((beside / name).read_bytes())
        case schema.PictureData(data=url):
            return made_small(base64.b64decode(url.partition(",")[2]))
    return None
