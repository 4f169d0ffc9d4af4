"""Check digits and structured payment references.

Every function takes and returns plain strings and raises :class:`ValueError` for input that
cannot be expressed in the asked form. Nothing is shortened silently: a reference that lost
significant characters would be accepted by the bank and match the wrong invoice.
"""

import re

_ISO11649_LENGTH = 21
_OGM_LENGTH = 10
_NL_WEIGHTS = (2, 4, 8, 5, 10, 9, 7, 3, 6, 1)


def luhn_digit(digits):
    """Return the check digit to append to a number (Luhn, ISO/IEC 7812-1 annex B).

    Catches every wrong digit and all exchanges of two neighbors but 09/90.

    :param str digits: the number without check digit; leading zeros do not change the result
    :return: one digit
    :rtype: str
    :raises ValueError: when ``digits`` is empty or holds anything but 0-9
    """
    digits = _require_digits(digits)
    total = 0
    for position, digit in enumerate(reversed(digits)):
        # The digit next to the check digit is the first to be doubled.
        value = int(digit) * (1 if position % 2 else 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def iso11649(base):
    """Return the international creditor reference (ISO 11649) of ``base``: ``RF`` + 2 check
    digits + reference, without the spaces that are for display only.

    :param str base: 1 to 21 letters A-Z and digits; spaces are dropped and lower case is
        raised, as the standard ignores both
    :rtype: str
    :raises ValueError: when the rest is empty, longer than 21 or holds another character
    """
    reference = re.sub(r"\s", "", str(base)).upper()
    if not re.fullmatch(rf"[A-Z0-9]{{1,{_ISO11649_LENGTH}}}", reference):
        raise ValueError(
            f"An ISO 11649 reference takes 1 to {_ISO11649_LENGTH} letters and digits: {base!r}"
        )
    # ISO 7064 MOD 97-10: letters count as A=10 ... Z=35, the header goes to the end.
    number = int("".join(str(int(character, 36)) for character in f"{reference}RF00"))
    return f"RF{98 - number % 97:02d}{reference}"


def be_ogm(ten_digits):
    """Return the Belgian structured communication (OGM/VCS, Febelfin) of ten digits, as
    ``+++ddd/dddd/ddddd+++``. The check is the number modulo 97, and 97 when that is 0.

    :param str ten_digits: exactly ten digits
    :rtype: str
    :raises ValueError: when it is anything else
    """
    digits = _require_digits(ten_digits)
    if len(digits) != _OGM_LENGTH:
        raise ValueError(f"A structured communication takes ten digits: {ten_digits!r}")
    digits += f"{int(digits) % 97 or 97:02d}"
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def nl_betalingskenmerk(number, form):
    """Return the Dutch payment reference ("betalingskenmerk") of a number, as specified by the
    Betaalvereniging: a check digit by weights modulo 11, in the variable form followed by the
    last digit of the length.

    :param str number: 1 to 15 digits for form ``"16"`` (filled with zeros on the left), 7 to
        12 digits for form ``"variable"``
    :param str form: ``"16"`` or ``"variable"``
    :return: 16 digits, or 9 to 14 digits
    :rtype: str
    :raises ValueError: for another form, another length or another character
    """
    digits = _require_digits(number)
    if form == "16":
        if len(digits) > 15:
            raise ValueError(f"The form of 16 digits takes at most 15 digits: {number!r}")
        body = digits.zfill(15)
    elif form == "variable":
        if not 7 <= len(digits) <= 12:
            raise ValueError(f"The variable form takes 7 to 12 digits: {number!r}")
        body = f"{len(digits) % 10}{digits}"
    else:
        raise ValueError(f"Unknown form of betalingskenmerk: {form!r}")
    total = sum(
        int(digit) * _NL_WEIGHTS[position % len(_NL_WEIGHTS)]
        for position, digit in enumerate(reversed(body))
    )
    remainder = 11 - total % 11
    check = {10: 1, 11: 0}.get(remainder, remainder)
    return f"{check}{body}"


def debtor_reference(debtor_code, invoice_number=None):
    """Return the ISO 11649 reference that combines a debtor code and an invoice number, or the
    one of the debtor code alone.

    Only letters A-Z and digits count ("INV/2026/00001" is INV202600001). When both together
    pass the 21 characters of the standard, the letters of the invoice number are left out, as
    they name the journal while the digits name the invoice; the debtor code is always whole.

    :param str debtor_code: e.g. ``"D00001"``
    :param str invoice_number: e.g. ``"INV/2026/00001"``; None for the debtor as such
    :return: e.g. ``"RF10D00001INV202600001"``
    :rtype: str
    :raises ValueError: when a part is empty or when even the digits do not fit
    """
    code = _alphanumeric(debtor_code)
    if invoice_number is None:
        return iso11649(code)
    number = _alphanumeric(invoice_number)
    if len(code) + len(number) > _ISO11649_LENGTH:
        number = _digits(number)
    if not code or not number:
        raise ValueError(f"No reference without both parts: {debtor_code!r}, {invoice_number!r}")
    return iso11649(code + number)


def debtor_ogm(debtor_code, invoice_number=None):
    """Return the Belgian structured communication that combines the digits of a debtor code
    and of an invoice number: the code on the left, the number on the right, zeros between. Or
    the one of the debtor code alone, with zeros before it.

    :param str debtor_code: e.g. ``"0010"``
    :param str invoice_number: e.g. ``"420815"``; None for the debtor as such
    :return: e.g. ``"+++001/0420/81508+++"``
    :rtype: str
    :raises ValueError: when a part has no digit or both together have more than ten
    """
    code = _digits(debtor_code)
    if code and invoice_number is None:
        return be_ogm(code.zfill(_OGM_LENGTH))
    number = _digits(invoice_number)
    if not code or not number:
        raise ValueError(f"No reference without both parts: {debtor_code!r}, {invoice_number!r}")
    return be_ogm(code + number.zfill(_OGM_LENGTH - len(code)))


def _require_digits(value):
    digits = str(value)
    if not re.fullmatch(r"[0-9]+", digits):
        raise ValueError(f"Only the digits 0-9 are allowed: {value!r}")
    return digits


def _alphanumeric(value):
    return re.sub(r"[^A-Z0-9]", "", str(value or "").upper())


def _digits(value):
    return re.sub(r"[^0-9]", "", str(value or ""))
