"""Which digit strings can be a phone number, a complaint number or an identity number."""

from __future__ import annotations

import datetime
from functools import lru_cache

import phonenumbers

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
"""GB 11643: check character by the weighted sum modulo 11."""

OLDEST = datetime.timedelta(days=5 * 366)
"""Complaint numbers older than this are not expected (appeals close after two years)."""

SERIAL = (4, 6)
"""Fewest and most digits of the serial after the date of a complaint number."""


@lru_cache(maxsize=4096)
def is_mobile(digits: str) -> bool:
    """True for eleven digits that the Chinese number plan gives to mobiles."""
    if len(digits) != 11 or digits[0] != "1" or not digits.isascii() or not digits.isdigit():
        return False
    return _type(digits) == phonenumbers.PhoneNumberType.MOBILE


@lru_cache(maxsize=4096)
def is_landline(digits: str) -> bool:
    """True for a Chinese fixed line with its area code: 0 and 9 to 11 digits more."""
    if not 10 <= len(digits) <= 12 or digits[0] != "0" or digits[1] == "0" or not digits.isascii() or not digits.isdigit():
        return False
    return _type(digits[1:]) == phonenumbers.PhoneNumberType.FIXED_LINE


def _type(national: str) -> int:
    # Not phonenumbers.parse: it takes some strings for calls abroad and raises.
    number = phonenumbers.PhoneNumber(country_code=86, national_number=int(national))
    if not phonenumbers.is_valid_number_for_region(number, "CN"):
        return phonenumbers.PhoneNumberType.UNKNOWN
    return phonenumbers.number_type(number)


def is_phone(digits: str) -> bool:
    """True for a mobile or a fixed line."""
    return is_mobile(digits) or is_landline(digits)


def is_complaint_number(digits: str, on: datetime.date) -> bool:
    """True for YYYYMMDD and a serial, the date existing and not after `on`."""
    if not (digits.isascii() and digits.isdigit()) or not SERIAL[0] <= len(digits) - 8 <= SERIAL[1]:
        return False
    try:
        day = datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return on - OLDEST <= day <= on


def is_id_number(digits: str) -> bool:
    """True for 18 characters with a birth date and the right check character (mod 11-2)."""
    body, check = digits[:17], digits[17:].upper()
    if len(digits) != 18 or not (body.isascii() and body.isdigit()) or body[0] == "0":
        return False
    try:
        datetime.date(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    except ValueError:
        return False
    return _ID_CHECKS[sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True)) % 11] == check
