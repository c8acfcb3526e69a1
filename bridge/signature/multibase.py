"""Bytes <-> the base58btc multibase text (`z…`) that Multikeys and integrity proofs are written in.

`keys` and `integrity_proof` call it. Multibase and base58btc as in W3C Controlled Identifiers 1.0, section 2.4.
"""

from __future__ import annotations

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}

#: Longest text we decode, in characters; the work grows with its square. An RSA key of 8192 bits has about 1,430.
LONGEST = 2000


def encode(content: bytes) -> str:
    """Write bytes as `z` and base58btc."""
    number = int.from_bytes(content, "big")
    characters = []
    while number:
        number, remainder = divmod(number, 58)
        characters.append(_ALPHABET[remainder])
    leading_zeros = len(content) - len(content.lstrip(b"\0"))
    return "z" + "1" * leading_zeros + "".join(reversed(characters))


def decode(text: str) -> bytes:
    """Read `z` and base58btc.

    Raises ValueError for any other encoding, a foreign character or more than `LONGEST` characters.
    """
    if not text.startswith("z") or len(text) > LONGEST:
        raise ValueError("not base58btc")
    number = 0
    try:
        for character in text[1:]:
            number = number * 58 + _VALUES[character]
    except KeyError:
        raise ValueError("not base58btc") from None
    leading_zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * leading_zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
