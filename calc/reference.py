"""Check digits and structured payment references.

Every function takes and returns plain strings and raises :class:`ValueError` for input that
cannot be expressed in the asked form. Nothing is shortened silently: a reference that lost
significant characters would be accepted by the bank and match the wrong invoice.
"""

import re
from decimal import Decimal

from .money import to_decimal, to_units

_ISO11649_LENGTH = 21
_OGM_LENGTH = 10
_NL_WEIGHTS = (2, 4, 8, 5, 10, 9, 7, 3, 6, 1)

# EPC069-12, the European Payments Council's code for a credit transfer.
_EPC_CHARSETS = {
    1: "utf-8",
    2: "iso8859-1",
    3: "iso8859-2",
    4: "iso8859-4",
    5: "iso8859-5",
    6: "iso8859-7",
    7: "iso8859-10",
    8: "iso8859-15",
}
_EPC_LONGEST = {"name": 70, "text": 140, "information": 70}
_EPC_PAYLOAD = 331  # bytes
_EPC_HIGHEST = Decimal("999999999.99")


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
    return f"RF{98 - _mod97(f'RF00{reference}'):02d}{reference}"


def iso11649_is_valid(reference):
    """Return whether a text is an international creditor reference (ISO 11649) with the right
    check digits. Spaces and case do not count.

    :param str reference: e.g. ``"RF18 5390 0754 7034"``
    :rtype: bool
    """
    text = re.sub(r"\s", "", str(reference)).upper()
    return bool(re.fullmatch(r"RF[0-9]{2}[A-Z0-9]{1,21}", text)) and _mod97(text) == 1


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


def epc_qr(
    name,
    iban,
    amount,
    *,
    bic="",
    reference="",
    text="",
    purpose="",
    information="",
    version="002",
    charset=1,
    currency="EUR",
):
    """Return the payload of the QR code for a SEPA credit transfer (EPC069-12, "BCD"): the
    fields on a line each, nothing after the last one that is filled. The symbol is to have
    error correction level M and at most version 13.

    Nothing is cut off: the caller decides what a name that is too long becomes.

    :param str name: beneficiary, 1 to 70 characters
    :param str iban: account of the beneficiary; spaces are dropped
    :param decimal.Decimal amount: EUR, 0.01 to 999,999,999.99, at most two decimals
    :param str bic: 8 or 11 characters; may be empty in version ``"002"``
    :param str reference: structured reference of ISO 11649 (RF...); spaces are dropped. A
        national reference, such as the Belgian one, is text
    :param str text: unstructured remittance, at most 140 characters; not beside a reference
    :param str purpose: code of 1 to 4 letters and digits
    :param str information: for the payer, at most 70 characters
    :param str version: ``"001"`` or ``"002"``
    :param int charset: 1 UTF-8, 2 to 8 ISO 8859-1, -2, -4, -5, -7, -10 and -15
    :param str currency: EUR; there are no transfers in another one
    :rtype: str
    :raises TypeError: when the amount is a float
    :raises ValueError: when a field does not keep to the standard, or all together are more
        than 331 bytes
    """
    if version not in ("001", "002") or charset not in _EPC_CHARSETS:
        raise ValueError(f"Unknown version or character set: {version!r}, {charset!r}.")
    if currency != "EUR":
        raise ValueError(f"A SEPA credit transfer is in EUR: {currency!r}.")
    if reference and text:
        raise ValueError("A transfer has a structured reference or a text, not both.")
    for field, value in (("name", name), ("text", text), ("information", information)):
        if len(value) > _EPC_LONGEST[field] or re.search(r"[\r\n]", value):
            raise ValueError(f"The {field} is one line of {_EPC_LONGEST[field]} characters.")
    if not name.strip():
        raise ValueError("The name of the beneficiary is missing.")
    if reference and not iso11649_is_valid(reference):
        raise ValueError(f"No ISO 11649 reference: {reference!r}.")
    if not re.fullmatch(r"[A-Z0-9]{0,4}", purpose):
        raise ValueError(f"A purpose has at most 4 letters and digits: {purpose!r}.")
    if not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", bic) and (bic or version == "001"):
        raise ValueError(f"No BIC: {bic!r}.")
    fields = [
        *("BCD", version, str(charset), "SCT", bic, name, _epc_iban(iban), _epc_amount(amount)),
        *(purpose, re.sub(r"\s", "", reference).upper(), text, information),
    ]
    payload = "\n".join(fields).rstrip("\n")
    try:
        size = len(payload.encode(_EPC_CHARSETS[charset]))
    except UnicodeEncodeError:
        raise ValueError(f"Character set {charset} lacks a character of the fields.") from None
    if size > _EPC_PAYLOAD:
        raise ValueError(f"The payload is {size} bytes long; {_EPC_PAYLOAD} are allowed.")
    return payload


def _epc_iban(iban):
    account = re.sub(r"\s", "", str(iban)).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", account) or _mod97(account) != 1:
        raise ValueError(f"No IBAN: {iban!r}.")
    return account


def _epc_amount(amount):
    value = to_decimal(amount)
    to_units(value)  # refuses parts of a cent
    if not 0 < value <= _EPC_HIGHEST:
        raise ValueError(f"The amount is 0.01 to {_EPC_HIGHEST}: {amount}.")
    return f"EUR{value:f}" if value.as_tuple().exponent >= -2 else f"EUR{value:.2f}"


def _mod97(text):
    """Remainder of ISO 7064 MOD 97-10: letters count as A=10 ... Z=35, and the first four
    characters (header and check digits) go to the end."""
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97


def _require_digits(value):
    digits = str(value)
    if not re.fullmatch(r"[0-9]+", digits):
        raise ValueError(f"Only the digits 0-9 are allowed: {value!r}")
    return digits


def _alphanumeric(value):
    return re.sub(r"[^A-Z0-9]", "", str(value or "").upper())


def _digits(value):
    return re.sub(r"[^0-9]", "", str(value or ""))
