# SPDX-License-Identifier: Apache-2.0
"""Pictures of services: made small and plain, kept once, and part of the configuration file like everything else."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.operations.config_files import applied, house, refused
from tests.pictures import as_file, from_camera, noisy, plain

from einlass.core.messages import SMS_MESSAGES
from einlass.models import EventRecord, Organisation, Picture, Service
from einlass.operations.config_dump import file_of
from einlass.operations.config_export import exported
from einlass.operations.pictures import LARGEST_BYTES, LOGO, PICTURE, Made, PictureRefused, made_small

pytestmark = pytest.mark.django_db(transaction=True)


def opened(made: Made) -> Image.Image:
    return Image.open(io.BytesIO(made.data))


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def with_picture(picture: Any) -> dict[str, Any]:
    made = house("lock_systems", 0, "enabled", value=False)
    made["services"][0]["picture"] = picture
    return made


def with_drawn(data: bytes) -> dict[str, Any]:
    return with_picture({"data": data_url(data)})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_made_small_is_a_webp_of_the_same_shape(kind: str) -> None:
    made = made_small(as_file(plain(400, 200), kind))

    assert (opened(made).format, made.media_type, made.width, made.height) == ("WEBP", "image/webp", 400, 200)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1", "I;16"])
def test_made_small_takes_every_mode(mode: str) -> None:
    picture = Image.new("I;16", (40, 20)) if mode == "I;16" else plain(mode=mode)

    assert (made_small(as_file(picture)).width, made_small(as_file(picture)).height) == (40, 20)


def test_made_small_takes_a_jpeg_for_the_press() -> None:
    assert made_small(as_file(plain(mode="CMYK"), "JPEG")).width == 40


@pytest.mark.parametrize(
    ("size", "becomes"), [((3000, 1500), (PICTURE.widest, 600)), ((1000, 4000), (400, PICTURE.tallest)), ((1200, 800), (1200, 800))]
)
def test_made_small_is_no_larger_than_it_is_shown(size: tuple[int, int], becomes: tuple[int, int]) -> None:
    made = made_small(as_file(plain(*size), "JPEG"))

    assert (made.width, made.height) == becomes


def test_made_small_stands_upright_and_says_nothing_of_the_camera() -> None:
    made = made_small(from_camera())

    picture = opened(made).convert("RGB")
    red, _, blue = picture.getpixel((180, 20))  # type: ignore[misc] # a picture in RGB has three values
    assert (made.width, made.height) == (200, 400)
    assert red > blue
    assert dict(opened(made).getexif()) == {}
    assert b"Bern" not in made.data


def test_made_small_is_light_whatever_is_on_it() -> None:
    made = made_small(as_file(noisy(1200, 1600), "JPEG", quality=90))

    assert len(made.data) <= PICTURE.heaviest


def test_made_small_twice_is_the_same_to_the_byte() -> None:
    once = made_small(as_file(noisy(1300, 700), "JPEG"))

    assert made_small(once.data) == once


@pytest.mark.parametrize(
    "spoilt",
    [
        as_file(plain(), "WEBP", exif=b"Exif\x00\x00made in Bern"),
        as_file(plain(), "WEBP") + b"<script>",
        as_file(plain(1201, 20), "WEBP"),
        as_file(noisy(1000, 1000), "WEBP", lossless=True),
    ],
    ids=["metadata", "something behind it", "too wide", "too heavy"],
)
def test_made_small_makes_a_webp_anew_that_is_not_ours(spoilt: bytes) -> None:
    made = made_small(spoilt)

    assert made.data != spoilt
    assert made_small(made.data) == made


@pytest.mark.parametrize(
    "nothing", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", as_file(plain(), "GIF"), as_file(plain(400, 200))[:-90]]
)
def test_made_small_refuses_what_is_no_picture(nothing: bytes) -> None:
    with pytest.raises(PictureRefused) as caught:
        made_small(nothing)

    assert caught.value.code == "picture_unreadable"


def test_made_small_refuses_a_bomb_before_unpacking_it() -> None:
    bomb = as_file(Image.new("1", (20_000, 20_000)))

    with pytest.raises(PictureRefused) as caught:
        made_small(bomb)

    assert len(bomb) < 100_000
    assert (caught.value.code, caught.value.limit) == ("picture_too_large", "50 MP")


def test_made_small_refuses_too_many_bytes() -> None:
    with pytest.raises(PictureRefused) as caught:
        made_small(bytes(LARGEST_BYTES + 1))

    assert (caught.value.code, caught.value.limit) == ("picture_too_large", "8 MB")


def test_apply_takes_a_picture_from_the_file() -> None:
    told = applied(with_drawn(as_file(plain(400, 200))))

    picture = Picture.objects.get()
    assert Service.objects.get().picture == picture
    assert (picture.media_type, picture.width, picture.height) == ("image/webp", 400, 200)
    assert "services.seminar added" in told.changes


def test_apply_takes_a_picture_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "aare.png").write_bytes(as_file(plain(400, 200)))

    applied(with_picture({"file": "aare.png"}), source=str(tmp_path / "house.yaml"))

    assert Service.objects.get().picture == Picture.objects.get()


def test_apply_twice_changes_nothing() -> None:
    applied(with_drawn(as_file(plain(400, 200))))

    assert applied(with_drawn(as_file(plain(400, 200)))).changes == ()


def test_export_applied_again_changes_nothing_and_elsewhere_gives_the_same() -> None:
    applied(with_drawn(from_camera()))
    whole = exported()
    services = file_of(whole)["services"]

    again = applied({"services": services})
    Service.objects.all().delete()
    Picture.objects.all().delete()
    applied({"services": services})

    assert again.changes == ()
    assert exported() == whole


@pytest.mark.parametrize("nothing", ["", None])
def test_picture_goes_when_it_is_named_empty(nothing: str | None) -> None:
    applied(with_drawn(as_file(plain())))

    told = applied({"services": [{"key": "seminar", "picture": nothing}]})

    assert told.changes == ("services.seminar.picture changed",)
    assert (Service.objects.get().picture, Picture.objects.count()) == (None, 0)


def test_picture_stays_when_it_is_not_named() -> None:
    applied(with_drawn(as_file(plain())))

    applied({"services": [{"key": "seminar", "price": "CHF 60"}]})

    assert Service.objects.get().picture == Picture.objects.get()


def test_picture_of_two_services_is_kept_once_and_stays_for_the_other() -> None:
    made = with_drawn(as_file(plain()))
    made["services"].append({**made["services"][0], "key": "kurs"})
    applied(made)

    kept = Picture.objects.count()
    applied({"services": [{"key": "kurs", "picture": None}]})

    assert (kept, Picture.objects.count()) == (1, 1)
    assert Service.objects.get(key="seminar").picture == Picture.objects.get()


def test_picture_that_changed_is_told_without_its_bytes() -> None:
    applied(with_drawn(as_file(plain())))

    applied({"services": [{"key": "seminar", "picture": {"data": data_url(from_camera())}}]})

    (told,) = EventRecord.objects.latest("pk").data["values"]
    assert (told["field"], told["old"][0], len(told["old"]), told["old"] != told["new"]) == ("services.seminar.picture", "…", 7, True)


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        ({"file": "nowhere.png"}, "cannot be read: No such file or directory"),
        ({"data": data_url(b"GIF89a")}, "is no picture that can be read: take a JPEG, PNG or WebP file"),
        ({"data": data_url(as_file(Image.new("1", (20_000, 20_000))))}, "is too large: at most 50 MP"),
        ({"data": "https://example.org/aare.png"}, 'must be {file: PATH} or {data: "data:image/webp;base64,…"}'),
        ("aare.png", 'must be {file: PATH} or {data: "data:image/webp;base64,…"}'),
    ],
)
def test_apply_says_what_is_wrong_with_a_picture(picture: Any, says: str) -> None:
    assert refused(with_picture(picture)) == [("services.seminar.picture", says)]
    assert Service.objects.count() == 0


def transparent(width: int = 1200, height: int = 400) -> Image.Image:
    """A logo as it comes from a designer: ink on nothing."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    image.paste((20, 20, 20, 255), (width // 4, height // 4, width // 2, height // 2))
    return image


def with_logo(logo: Any) -> dict[str, Any]:
    return {"organisation": {"name": "Seminarhaus Aare", "logo": logo}}


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA"])
def test_logo_stays_transparent(mode: str) -> None:
    made = made_small(as_file(transparent().convert(mode)), form=LOGO)

    seen = opened(made).convert("RGBA")
    assert (made.width, made.height) == (360, 120)
    assert (seen.getpixel((2, 2))[3], seen.getpixel((120, 40))) == (0, (20, 20, 20, 255))  # type: ignore[index] # four values in RGBA


def test_logo_of_sixteen_bits_of_grey_keeps_its_grey() -> None:
    made = opened(made_small(as_file(Image.new("I;16", (40, 20), 40_000)), form=LOGO))

    assert made.getpixel((20, 10)) == (155, 155, 155)


def test_logo_keeps_its_colours_to_the_dot() -> None:
    made = made_small(as_file(plain(100, 40)), form=LOGO)

    assert opened(made).convert("RGB").tobytes() == plain(100, 40).tobytes()


def test_logo_is_light_whatever_is_on_it() -> None:
    made = made_small(as_file(noisy(1200, 600)), form=LOGO)

    assert len(made.data) <= LOGO.heaviest
    assert made_small(made.data, form=LOGO) == made


def test_logo_in_the_file_is_kept_and_exported_as_it_is() -> None:
    applied(with_logo({"data": data_url(as_file(transparent()))}))
    whole = exported()
    file = {"organisation": file_of(whole)["organisation"]}

    again = applied(file)
    Organisation.objects.all().delete()
    Picture.objects.all().delete()
    applied(file)

    assert Organisation.objects.get().logo == Picture.objects.get()
    assert again.changes == ()
    assert exported() == whole


def test_logo_beside_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(as_file(transparent()))

    applied(with_logo({"file": "logo.png"}), source=str(tmp_path / "house.yaml"))

    assert Organisation.objects.get().logo == Picture.objects.get()


def test_logo_goes_when_it_is_named_empty_and_stays_when_it_is_not_named() -> None:
    applied(with_logo({"data": data_url(as_file(plain()))}))

    told = applied({"organisation": {"phone": "031 555 01 20"}}).changes
    kept = Organisation.objects.get().logo
    gone = applied({"organisation": {"logo": None}}).changes

    assert (told, kept is not None) == (("organisation.phone changed",), True)
    assert (gone, Organisation.objects.get().logo, Picture.objects.count()) == (("organisation.logo changed",), None, 0)


def test_logo_stays_when_the_picture_of_a_service_goes() -> None:
    applied(with_drawn(from_camera()) | {"organisation": with_logo({"data": data_url(as_file(plain()))})["organisation"]})

    applied({"services": [{"key": "seminar", "picture": None}]})

    assert Organisation.objects.get().logo == Picture.objects.get()


def test_logo_that_is_also_the_picture_of_a_service_stays_for_it() -> None:
    drawn = {"data": data_url(made_small(as_file(plain()), form=LOGO).data, "image/webp")}
    applied(with_picture(drawn) | {"organisation": with_logo(drawn)["organisation"]})

    applied({"organisation": {"logo": None}})

    assert (Service.objects.get().picture, Organisation.objects.get().logo) == (Picture.objects.get(), None)


def test_logo_that_is_a_drawing_of_lines_is_refused() -> None:
    drawn = {"data": data_url(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")}

    assert refused(with_logo(drawn)) == [("organisation.logo", "is no picture that can be read: take a JPEG, PNG or WebP file")]


@pytest.mark.parametrize(
    ("part", "path", "says"),
    [
        ({"organisation": {"accent_colour": "blue"}}, "organisation.accent_colour", 'must be a colour such as "#1f5fbf"'),
        ({"organisation": {"most_open_bookings": 0}}, "organisation.most_open_bookings", "must be at least 1"),
        (
            {"organisation": {"sms_messages": ["message_confirmed"]}},
            "organisation.sms_messages[1]",
            f"is no message that goes by SMS: there are {', '.join(SMS_MESSAGES)}",
        ),
        (
            {"branches": [{"key": "bern", "embed_origins": ["https://example.org/book"]}]},
            "branches.bern.embed_origins[1]",
            "must be the origin of a website without a path, such as https://www.example.org",
        ),
    ],
)
def test_apply_says_what_is_wrong_with_the_guests_pages(part: dict[str, Any], path: str, says: str) -> None:
    applied(house("lock_systems", 0, "enabled", value=False))

    assert refused(part) == [(path, says)]


def test_origin_is_kept_as_browsers_name_it() -> None:
    applied(house("lock_systems", 0, "enabled", value=False))

    applied({"branches": [{"key": "bern", "embed_origins": ["HTTPS://WWW.Example.org:443", "http://localhost:8000"]}]})

    assert exported()["branches"][0]["embed_origins"] == ["https://www.example.org", "http://localhost:8000"]
