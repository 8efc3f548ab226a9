# SPDX-License-Identifier: Apache-2.0
"""Pictures in a configuration file: found beside it or written into it, made small before anything is written. What becomes of one:
`pictures.py`."""

from __future__ import annotations

import base64
from pathlib import Path

from einlass.operations import config_schema as schema
from einlass.operations.config_check import Checked
from einlass.operations.config_types import PictureData, PictureFile
from einlass.operations.pictures import LOGO, PICTURE, Form, Made, PictureRefused, made_small

# By the field that it stands in, such as `organisation.logo`. None takes the picture away; what is not named keeps what it has.
Pictures = dict[str, Made | None]

SENTENCES = {
    "picture_unreadable": "is no picture that can be read: take a JPEG, PNG or WebP file",
    "picture_too_large": "is too large: at most {limit}",
}


def read_pictures(checked: Checked) -> Pictures:
    """The pictures that the file names, in our form. One that cannot be read is a fault at its line."""
    pictures: Pictures = {}
    organisation = checked.file.organisation
    if organisation is not None:
        _read(checked, organisation, "logo", form=LOGO, name="organisation.logo", pictures=pictures)
    for service in checked.file.services:
        _read(checked, service, "picture", form=PICTURE, name=f"services.{service.key}.picture", pictures=pictures)
    return pictures


def part_of_upload(data: bytes) -> dict[str, str]:
    """What somebody uploaded as a part of the configuration, whatever it is."""
    return {"data": f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"}


def _read(checked: Checked, part: schema.Part, field: str, *, form: Form, name: str, pictures: Pictures) -> None:
    if field not in part.model_fields_set:
        return
    try:
        pictures[name] = _made(getattr(part, field), form=form, beside=Path(checked.document.source).parent)
    except PictureRefused as refused:
        sentence = SENTENCES[refused.code].format(limit=refused.limit)
        checked.document.fault(part.at(field), sentence, code=refused.code, values={"limit": refused.limit})
    except OSError as error:
        sentence = f"cannot be read: {error.strerror or 'there is no such file'}"
        checked.document.fault(part.at(field), sentence, code="picture_unreadable")


def _made(source: PictureFile | PictureData | None, *, form: Form, beside: Path) -> Made | None:
    match source:
        case PictureFile(file=name):
            return made_small((beside / name).read_bytes(), form=form)
        case PictureData(data=url):
            return made_small(base64.b64decode(url.partition(",")[2]), form=form)
    return None
