import string
import subprocess
import sys
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import iso11649 as stdnum_iso11649
from stdnum import luhn as stdnum_luhn

from calc import reference

ALPHANUMERIC = string.ascii_uppercase + string.digits
bases = st.text(ALPHANUMERIC, min_size=1, max_size=21)


def numbers(min_size, max_size):
    return st.text(string.digits, min_size=min_size, max_size=max_size)


def replaced(data, text, alphabet, positions):
    """The text with one character changed into another one of the alphabet."""
    position = data.draw(st.sampled_from(positions))
    character = data.draw(st.sampled_from([c for c in alphabet if c != text[position]]))
    return text[:position] + character + text[position + 1 :]


def ogm_is_valid(text):
    digits = text.replace("+", "").replace("/", "")
    return int(digits[10:]) == (int(digits[:10]) % 97 or 97)


def betalingskenmerk_is_valid(text):
    weighed = sum(
        int(digit) * weight
        for digit, weight in zip(
            reversed(text[1:]), [2, 4, 8, 5, 10, 9, 7, 3, 6, 1] * 2, strict=False
        )
    )
    # The published check: the remainder modulo 11 and the check digit make eleven, where 10
    # is written as 1 and 11 as 0.
    return {11: "0", 10: "1"}.get(11 - weighed % 11, str(11 - weighed % 11)) == text[0]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("539007547034", "RF18539007547034"),
        ("1234512345", "RF451234512345"),
        ("X2HU4TC28XTYLHASYWT91", "RF14X2HU4TC28XTYLHASYWT91"),
        ("C01042INV20260815", "RF60C01042INV20260815"),
        ("0HYA6", "RF720HYA6"),
        ("5390 0754 7034", "RF18539007547034"),
        ("x2hu4tc28xtylhasywt91", "RF14X2HU4TC28XTYLHASYWT91"),
    ],
)
def test_iso11649_published_examples(base, expected):
    assert reference.iso11649(base) == expected


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("RF720HYA6", True),
        ("rf18 5390 0754 7034", True),
        ("RF19GAX8WS5JYOOUJ87", False),
        ("RF18", False),
        ("539007547034", False),
        ("RF18539007547O34", False),
        ("+++020/3430/57642+++", False),
        ("", False),
    ],
)
def test_iso11649_is_valid(text, valid):
    assert reference.iso11649_is_valid(text) is valid


@given(numbers(2, 2), bases)
def test_iso11649_is_valid_as_an_independent_check(check, base):
    text = f"RF{check}{base}"
    assert reference.iso11649_is_valid(reference.iso11649(base))
    assert reference.iso11649_is_valid(text) == stdnum_iso11649.is_valid(text)


@pytest.mark.parametrize("base", ["", " ", "A" * 22, "INV/1", "É1", "١٢٣", "1-2"])
def test_iso11649_refuses(base):
    with pytest.raises(ValueError):
        reference.iso11649(base)


@given(bases)
def test_iso11649_is_valid_by_an_independent_check(base):
    result = reference.iso11649(base)
    assert stdnum_iso11649.is_valid(result)
    assert result[4:] == base
    assert "02" <= result[2:4] <= "98"


@given(bases, st.data())
def test_iso11649_catches_every_single_error(base, data):
    result = reference.iso11649(base)
    wrong = replaced(data, result, string.digits, (2, 3))
    assert not stdnum_iso11649.is_valid(wrong)
    position = data.draw(st.sampled_from(range(4, len(result))))
    alphabet = string.digits if result[position].isdigit() else string.ascii_uppercase
    assert not stdnum_iso11649.is_valid(replaced(data, result, alphabet, (position,)))


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0203430576", "+++020/3430/57642+++"),
        ("1234567890", "+++123/4567/89002+++"),
        ("0000000001", "+++000/0000/00101+++"),
        ("0000000194", "+++000/0000/19497+++"),
        ("0010420815", "+++001/0420/81508+++"),
    ],
)
def test_be_ogm_published_examples(digits, expected):
    assert reference.be_ogm(digits) == expected


@pytest.mark.parametrize("digits", ["", "123456789", "12345678901", "123456789A", "١٢٣٤٥٦٧٨٩٠"])
def test_be_ogm_refuses(digits):
    with pytest.raises(ValueError):
        reference.be_ogm(digits)


@given(numbers(10, 10), st.data())
def test_be_ogm_is_valid_and_catches_every_single_error(digits, data):
    result = reference.be_ogm(digits)
    assert ogm_is_valid(result)
    assert not result.endswith("00+++")
    positions = [index for index, character in enumerate(result) if character.isdigit()]
    assert not ogm_is_valid(replaced(data, result, string.digits, positions))


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        ("56789012345", "16", "5000056789012345"),
        ("104220260815", "16", "5000104220260815"),
        ("234534622567", "variable", "12234534622567"),
        ("1042815", "variable", "971042815"),
        ("10420815", "variable", "2810420815"),
        ("104208150", "variable", "39104208150"),
        ("1042081501", "variable", "001042081501"),
        ("10420815012", "variable", "3110420815012"),
        ("104208150123", "variable", "32104208150123"),
    ],
)
def test_nl_betalingskenmerk_published_examples(number, form, expected):
    assert reference.nl_betalingskenmerk(number, form) == expected


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("", "16"),
        ("1" * 16, "16"),
        ("12A", "16"),
        ("123456", "variable"),
        ("1" * 13, "variable"),
        ("1234567", "15"),
        ("1234567", None),
    ],
)
def test_nl_betalingskenmerk_refuses(number, form):
    with pytest.raises(ValueError):
        reference.nl_betalingskenmerk(number, form)


@given(
    st.one_of(
        st.tuples(numbers(1, 15), st.just("16")), st.tuples(numbers(7, 12), st.just("variable"))
    )
)
def test_nl_betalingskenmerk_has_the_length_and_check_of_its_form(case):
    number, form = case
    result = reference.nl_betalingskenmerk(number, form)
    assert betalingskenmerk_is_valid(result)
    if form == "16":
        assert len(result) == 16
        assert int(result[1:]) == int(number)
    else:
        assert result[2:] == number
        assert int(result[1]) == len(number) % 10


@given(numbers(7, 12), st.data())
def test_nl_betalingskenmerk_catches_every_single_error_but_for_the_shared_digit(number, data):
    # As specified, the remainders 1 and 10 both give check digit 1: an error that leads from
    # the one to the other stays unseen.
    result = reference.nl_betalingskenmerk(number, "variable")
    wrong = replaced(data, result, string.digits, range(len(result)))
    assume(wrong[0] != "1")
    assert not betalingskenmerk_is_valid(wrong)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("7992739871", "3"), ("00001", "8"), ("0", "0"), ("401288888888188", "1")],
)
def test_luhn_digit_published_examples(digits, expected):
    assert reference.luhn_digit(digits) == expected


@pytest.mark.parametrize("digits", ["", "D00001", "12 3", "²"])
def test_luhn_digit_refuses(digits):
    with pytest.raises(ValueError):
        reference.luhn_digit(digits)


@given(numbers(1, 20), st.data())
def test_luhn_digit_is_valid_and_catches_every_single_error(digits, data):
    result = digits + reference.luhn_digit(digits)
    assert stdnum_luhn.is_valid(result)
    assert not stdnum_luhn.is_valid(replaced(data, result, string.digits, range(len(result))))


@given(numbers(2, 20), st.data())
def test_luhn_digit_catches_exchanged_neighbors(digits, data):
    result = digits + reference.luhn_digit(digits)
    position = data.draw(st.sampled_from(range(len(result) - 1)))
    pair = result[position : position + 2]
    assume(pair[0] != pair[1] and pair not in ("09", "90"))
    assert not stdnum_luhn.is_valid(result[:position] + pair[::-1] + result[position + 2 :])


@pytest.mark.parametrize(
    ("code", "number", "base"),
    [
        ("D00001", "INV/2026/00001", "D00001INV202600001"),
        ("c01042", "INV/2026/0815", "C01042INV20260815"),
        ("D-00001", "2026-17", "D00001202617"),
        # 6 + 16 characters: the letters of the number go, its digits stay.
        ("D00001", "VERKOOP/2026/00001", "D00001202600001"),
        ("D00001", "INVOIC/2026/0001", "D00001INVOIC20260001"),
        ("1" * 20, "A1", "1" * 21),
        ("D00001", None, "D00001"),
        ("d-00001", None, "D00001"),
    ],
)
def test_debtor_reference(code, number, base):
    assert reference.debtor_reference(code, number) == reference.iso11649(base)


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("D00001", ""),
        ("D00001", "/"),
        ("", "INV/2026/00001"),
        (False, "INV/2026/00001"),
        (None, None),
        ("D00001", False),
        ("D00001", "1" * 16),
        ("D" * 21, "INV1"),
        ("D" * 22, None),
        # Without digits there is nothing to shorten to.
        ("D00001", "A" * 16),
    ],
)
def test_debtor_reference_refuses(code, number):
    with pytest.raises(ValueError):
        reference.debtor_reference(code, number)


@given(bases, st.text(ALPHANUMERIC + "/-. ", max_size=40))
def test_debtor_reference_keeps_code_and_digits_or_refuses(code, number):
    try:
        result = reference.debtor_reference(code, number)
    except ValueError:
        return
    assert stdnum_iso11649.is_valid(result)
    assert len(result) <= 25
    assert result[4:].startswith(code)
    rest = result[4 + len(code) :]
    assert [c for c in rest if c.isdigit()] == [c for c in number if c.isdigit()]
    assert result == reference.debtor_reference(code, number)


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        ("0010", "420815", "+++001/0420/81508+++"),
        ("D00104", "20815", "+++001/0420/81508+++"),
        ("0010", "F/815", reference.be_ogm("0010000815")),
        ("D00001", None, "+++000/0000/00101+++"),
    ],
)
def test_debtor_ogm(code, number, expected):
    assert reference.debtor_ogm(code, number) == expected


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("D00001", "INV/2026/00001"),
        ("", "815"),
        ("D", "815"),
        ("0010", ""),
        ("0010", "INV"),
        (False, None),
        ("1" * 11, None),
        ("1" * 10, "1"),
    ],
)
def test_debtor_ogm_refuses(code, number):
    with pytest.raises(ValueError):
        reference.debtor_ogm(code, number)


@given(numbers(1, 9), st.data())
def test_debtor_ogm_starts_with_the_code_and_ends_with_the_number(code, data):
    number = data.draw(numbers(1, 10 - len(code)))
    digits = reference.debtor_ogm(code, number).replace("+", "").replace("/", "")
    assert digits[: len(code)] == code
    assert digits[:10].endswith(number)


# === QR CODE ===#

TRANSFER = {"name": "Voorbeeld BV", "iban": "NL91ABNA0417164300", "amount": D("121.00")}


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        (
            {"reference": "RF18539007547034"},
            "BCD\n002\n1\nSCT\n\nVoorbeeld BV\nNL91ABNA0417164300\nEUR121.00\n\nRF18539007547034",
        ),
        (
            {
                "name": "Voorbeeld NV",
                "iban": "BE68539007547034",
                "amount": D("1234.56"),
                "bic": "KREDBEBB",
                "text": "Factuur 2026/0815",
            },
            "BCD\n002\n1\nSCT\nKREDBEBB\nVoorbeeld NV\nBE68539007547034\nEUR1234.56\n\n\n"
            "Factuur 2026/0815",
        ),
        (
            {
                "name": "Wikimedia Foerdergesellschaft",
                "iban": "DE33100205000001194700",
                "amount": D(20),
                "text": "Spende fuer Wikipedia",
                "charset": 2,
            },
            "BCD\n002\n2\nSCT\n\nWikimedia Foerdergesellschaft\nDE33100205000001194700\nEUR20\n\n\n"
            "Spende fuer Wikipedia",
        ),
        (
            {"iban": "nl91 abna 0417 1643 00", "reference": "rf18 5390 0754 7034"},
            "BCD\n002\n1\nSCT\n\nVoorbeeld BV\nNL91ABNA0417164300\nEUR121.00\n\nRF18539007547034",
        ),
        ({}, "BCD\n002\n1\nSCT\n\nVoorbeeld BV\nNL91ABNA0417164300\nEUR121.00"),
        (
            {"purpose": "GDDS", "information": "Thank you", "version": "001", "bic": "ABNANL2AXXX"},
            "BCD\n001\n1\nSCT\nABNANL2AXXX\nVoorbeeld BV\nNL91ABNA0417164300\nEUR121.00\nGDDS\n\n\n"
            "Thank you",
        ),
        # A national reference is text.
        (
            {"text": "+++020/3430/57642+++"},
            "BCD\n002\n1\nSCT\n\nVoorbeeld BV\nNL91ABNA0417164300\nEUR121.00\n\n\n"
            "+++020/3430/57642+++",
        ),
    ],
)
def test_epc_qr(fields, payload):
    assert reference.epc_qr(**(TRANSFER | fields)) == payload


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (D("0.01"), "EUR0.01"),
        (D("999999999.99"), "EUR999999999.99"),
        (D("12.500"), "EUR12.50"),
        (D("1E+2"), "EUR100"),
        (7, "EUR7"),
    ],
)
def test_epc_qr_amount(amount, text):
    assert reference.epc_qr(**(TRANSFER | {"amount": amount})).endswith(f"\n{text}")


def test_epc_qr_takes_the_full_length_of_each_field():
    payload = reference.epc_qr(
        "N" * 70,
        TRANSFER["iban"],
        D(1),
        reference=reference.iso11649("9" * 21),
        information="I" * 70,
    )
    lines = payload.split("\n")
    assert [len(lines[index]) for index in (5, 9, 11)] == [70, 25, 70]
    payload = reference.epc_qr("N" * 70, TRANSFER["iban"], D(1), text="T" * 140)
    assert payload.endswith("\n" + "T" * 140)


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": "RF18539007547034", "text": "Invoice"},
        {"amount": D("0.00")},
        {"amount": D("-1.00")},
        {"amount": D("0.001")},
        {"amount": D("10.005")},
        {"amount": D("1000000000.00")},
        {"name": "N" * 71},
        {"name": ""},
        {"name": " "},
        {"name": "Two\nlines"},
        {"currency": "USD"},
        {"reference": "+++020/3430/57642+++"},
        {"reference": "RF19539007547034"},
        {"text": "T" * 141},
        {"information": "I" * 71},
        {"text": "two\rlines"},
        {"iban": "NL92ABNA0417164300"},
        {"iban": ""},
        {"bic": "ABNANL"},
        {"version": "001"},
        {"version": "003"},
        {"charset": 9},
        {"purpose": "GOODS"},
        {"purpose": "a b"},
        {"charset": 2, "name": "Zażółć"},
        # Each field fits, together they are too long.
        {
            "name": "N" * 70,
            "text": "T" * 140,
            "information": "I" * 70,
            "bic": "ABNANL2AXXX",
        },
        # 70 characters of two bytes each.
        {"name": "é" * 70, "text": "é" * 80},
    ],
)
def test_epc_qr_refuses(fields):
    with pytest.raises(ValueError):
        reference.epc_qr(**(TRANSFER | fields))


def test_epc_qr_refuses_a_float():
    with pytest.raises(TypeError):
        reference.epc_qr(**(TRANSFER | {"amount": 121.0}))


def test_calc_imports_nothing_but_the_standard_library():
    """In a bare interpreter (no site-packages) with only the repository root on the path."""
    root = Path(reference.__file__).resolve().parents[1]
    modules = sorted(path.stem for path in root.glob("calc/[!_]*.py"))
    assert {"schedule", "interest", "kpi"} < set(modules)
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(root)!r}); "
            f"from calc import {', '.join(modules)}; "
            "assert not {'odoo', 'stdnum', 'dateutil'} & set(sys.modules)",
        ],
        check=True,
    )
