# SPDX-License-Identifier: Apache-2.0
"""R10: a mobile number, however it is written, and the reason when it is none."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.core.phones import (
    ERROR_CODES,
    CallingCode,
    PhoneRefused,
    calling_codes,
    example_mobile,
    mask,
    national,
    parse_mobile,
    parse_phone,
)


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("078 123 45 67", "CH", "+41781234567"),
        ("0781234567", "ch", "+41781234567"),
        ("78 123 45 67", "CH", "+41781234567"),
        ("+41 78 123 45 67", "DE", "+41781234567"),
        ("+41 (0)78 123 45 67", "CH", "+41781234567"),
        ("(+41) 78 123 45 67", "CH", "+41781234567"),
        ("0041 78 123 45 67", "CH", "+41781234567"),
        ("00 41 78 123 45 67", "US", "+41781234567"),
        ("0041781234567", "US", "+41781234567"),
        ("078.123.45.67", "CH", "+41781234567"),
        ("078/123-45-67", "CH", "+41781234567"),
        ("[078] 123 45 67", "CH", "+41781234567"),
        ("078–123–45–67", "CH", "+41781234567"),
        ("078\u00a0123\u202f45\u200967", "CH", "+41781234567"),
        ("078\t123\n4567", "CH", "+41781234567"),
        ("０７８　１２３　４５　６７", "CH", "+41781234567"),
        ("＋４１ ７８ １２３ ４５ ６７", "CH", "+41781234567"),
        ("٠٧٨١٢٣٤٥٦٧", "CH", "+41781234567"),
        ("\u202a+41 78 123 45 67\u202c", "CH", "+41781234567"),
        ("tel:+41781234567", "CH", "+41781234567"),
        ("01512 3456789", "DE", "+4915123456789"),
        ("0664 123456", "AT", "+43664123456"),
        ("660 234 567", "LI", "+423660234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("347 123 4567", "IT", "+393471234567"),
        ("+1 202-456-1111", "CH", "+12024561111"),
        ("+41781234567", "XX", "+41781234567"),
    ],
)
def test_r10_parse_mobile_reads(text: str, country: str, e164: str) -> None:
    assert parse_mobile(text, country=country) == e164


@pytest.mark.parametrize(
    ("text", "country", "code", "number"),
    [
        ("031 555 04 33", "CH", "phone_landline", "031 555 04 33"),
        ("+41315550433", "CH", "phone_landline", "031 555 04 33"),
        ("0781234567", "DE", "phone_landline", "0781 234567"),
        ("0900 123 456", "CH", "phone_not_mobile", "0900 123 456"),
        ("0800 123 456", "CH", "phone_not_mobile", "0800 123 456"),
        ("074 417 12 34", "CH", "phone_not_mobile", "074 417 12 34"),
        ("078 123 45 6", "CH", "phone_too_short", "078 123 45 6"),
        ("+41 78 123 45 6", "CH", "phone_too_short", "+41 78 123 45 6"),
        ("06 12 34 56 7", "FR", "phone_too_short", "06 12 34 56 7"),
        ("112", "CH", "phone_too_short", "112"),
        ("0", "CH", "phone_too_short", "0"),
        ("00", "CH", "phone_too_short", "00"),
        ("078 123 45 678", "CH", "phone_too_long", "078 123 45 678"),
        ("+41 78 123 45 678", "CH", "phone_too_long", "+41 78 123 45 678"),
        ("1" * 400, "CH", "phone_too_long", "1" * 60),
        ("+999 12345678", "CH", "phone_unknown_country", "+999 12345678"),
        ("0781234567 ext. 5", "CH", "phone_extension", "0781234567 ext. 5"),
        ("0781234567x5", "CH", "phone_extension", "0781234567x5"),
        ("078 123 45 67 Durchwahl 12", "CH", "phone_extension", "078 123 45 67 Durchwahl 12"),
        ("+41781234567;ext=3", "CH", "phone_extension", "+41781234567;ext=3"),
        ("0781234567 #12", "CH", "phone_extension", "0781234567 #12"),
        ("078 CALL ME", "CH", "phone_letters", "078 CALL ME"),
        ("O78 123 45 67", "CH", "phone_letters", "O78 123 45 67"),
        ("070 123 45 67", "CH", "phone_impossible", "070 123 45 67"),
        ("079*1234567", "CH", "phone_impossible", "079*1234567"),
        ("078 123 45 67, 079 123 45 67", "CH", "phone_impossible", "078 123 45 67, 079 123 45 67"),
        ("+41+781234567", "CH", "phone_impossible", "+41+781234567"),
        ("+", "CH", "phone_impossible", "+"),
        ("", "CH", "phone_impossible", ""),
    ],
)
def test_r10_parse_mobile_refuses_with_the_reason(text: str, country: str, code: str, number: str) -> None:
    with pytest.raises(PhoneRefused) as refused:
        parse_mobile(text, country=country)

    assert refused.value.code == code
    assert refused.value.values == {"number": number, "example": example_mobile(country)}


def test_i10_refusal_does_not_say_the_number_where_it_might_be_logged() -> None:
    with pytest.raises(PhoneRefused) as refused:
        parse_mobile("031 555 04 33", country="CH")

    assert str(refused.value) == "phone_landline"


def test_national_number_of_a_country_that_is_not_known() -> None:
    with pytest.raises(PhoneRefused, match="phone_unknown_country") as refused:
        parse_mobile("0781234567", country="XX")

    assert refused.value.values["example"] == "+41 78 123 45 67"


@pytest.mark.parametrize(
    ("text", "e164"), [("031 555 04 33", "+41315550433"), ("0800 123 456", "+41800123456"), ("078 123 45 67", "+41781234567")]
)
def test_parse_phone_takes_any_valid_number(text: str, e164: str) -> None:
    assert parse_phone(text, country="CH") == e164


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("031 555 04", "phone_too_short"),
        ("031 555 04 333", "phone_impossible"),
        ("0" * 30, "phone_too_long"),
        ("031 555 x 1", "phone_extension"),
    ],
)
def test_parse_phone_refuses(text: str, code: str) -> None:
    with pytest.raises(PhoneRefused, match=code):
        parse_phone(text, country="CH")


def outcome(text: str, country: str) -> str | PhoneRefused:
    try:
        return parse_mobile(text, country=country)
    except PhoneRefused as refused:
        return refused


@given(
    text=st.text(max_size=80) | st.from_regex(r"[+0]{0,2}[0-9 ()./+-]{0,25}", fullmatch=True),
    country=st.sampled_from(["CH", "DE", "IT", "US", "XX", ""]),
)
def test_any_text_is_a_mobile_number_or_refused(text: str, country: str) -> None:
    read = outcome(text, country)

    if isinstance(read, PhoneRefused):
        assert read.code in ERROR_CODES
        assert set(read.values) == {"number", "example"}
    else:
        assert re.fullmatch(r"\+[1-9][0-9]{4,14}", read)
        assert parse_mobile(read, country="CH") == read


@given(st.integers(0, 9_999_999).map(lambda n: f"+4178{n:07d}"))
def test_every_way_of_writing_is_the_same_number(e164: str) -> None:
    swiss = f"0{e164[3:]}"

    assert {parse_mobile(t, country="CH") for t in (e164, swiss, national(e164), f"00{e164[1:]}", "/".join(swiss))} == {e164}


@pytest.mark.parametrize(
    ("e164", "shown", "masked"),
    [
        ("+41781234567", "078 123 45 67", "078 ••• •• 67"),
        ("+4915123456789", "01512 3456789", "01512 •••••89"),
        ("+43664123456", "0664 123456", "0664 ••••56"),
        ("+33612345678", "06 12 34 56 78", "06 •• •• •• 78"),
        ("+393471234567", "347 123 4567", "347 ••• ••67"),
        ("+12015550123", "(201) 555-0123", "(201) •••-••23"),
        ("+6907290", "7290", "••90"),
        ("0781234567", "0781234567", "••••••••67"),
        ("12", "12", "12"),
        ("", "", ""),
        ("none", "none", "none"),
    ],
)
def test_national_and_mask(e164: str, shown: str, masked: str) -> None:
    assert national(e164) == shown
    assert mask(e164) == masked


def test_i10_mask_hides_most_of_a_number_of_every_country() -> None:
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        mobile = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
        number = mobile or phonenumbers.example_number(country)
        assert number is not None
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        digits = sum(sign.isdigit() for sign in national(e164))

        masked = mask(e164)

        assert masked.count("•") >= min(4, digits - 2), country
        assert masked.replace("•", "")[-2:] == e164[-2:], country


@pytest.mark.parametrize(
    ("country", "example"),
    [("CH", "078 123 45 67"), ("ch", "078 123 45 67"), ("DE", "01512 3456789"), ("AT", "0664 123456"), ("XX", "+41 78 123 45 67")],
)
def test_example_mobile(country: str, example: str) -> None:
    assert example_mobile(country) == example


def test_calling_codes_begin_with_the_neighbours() -> None:
    codes = calling_codes()

    assert codes[:7] == tuple(
        CallingCode(country, code)
        for country, code in [("CH", "+41"), ("DE", "+49"), ("AT", "+43"), ("LI", "+423"), ("FR", "+33"), ("IT", "+39"), ("AC", "+247")]
    )
    assert len({code.country for code in codes}) == len(codes) == len(phonenumbers.SUPPORTED_REGIONS)
    assert [c.country for c in codes[6:]] == sorted(c.country for c in codes[6:])
