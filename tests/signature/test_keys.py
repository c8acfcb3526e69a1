"""Strangers' keys: what is read, and what is refused (S24)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, x25519

from bridge.signature import multibase
from bridge.signature.keys import private_key, public_key_from_multibase, public_key_from_pem
from bridge.signature.request import SignatureFault
from tests.support.signing import ed_key, pem_of, rsa_key


def der(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def der_integer(number: int) -> bytes:
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def pkcs1(modulus: int, exponent: int) -> bytes:
    return der(0x30, der_integer(modulus) + der_integer(exponent))


def pkcs1_pem(modulus: int, exponent: int) -> str:
    body = b64encode(pkcs1(modulus, exponent)).decode()
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN RSA PUBLIC KEY-----\n{lines}\n-----END RSA PUBLIC KEY-----\n"


def modulus(bits: int) -> int:
    return (1 << (bits - 1)) | 0xC0FFEE01


def refused(pem: str, **arguments: Any) -> str:
    with pytest.raises(SignatureFault) as caught:
        public_key_from_pem(pem, **arguments)
    assert caught.value.check == "key"
    return caught.value.reason


def spki_pem(key: Any) -> str:
    pem: bytes = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def test_an_rsa_key_is_read_as_spki_and_as_pkcs1() -> None:
    spki = pem_of(rsa_key())
    old = rsa_key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()
    assert public_key_from_pem(spki) == public_key_from_pem(old)
    assert public_key_from_pem(f"\r\n  {spki}\n\n".replace("\n", "\r\n")).kind == "rsa"


def test_an_ed25519_key_is_read_as_pem_and_as_multikey() -> None:
    assert public_key_from_pem(pem_of(ed_key())) == public_key_from_multibase(private_key(ed_key()).public.multibase)


def test_what_we_publish_is_what_we_read() -> None:
    for key in (private_key(rsa_key()), private_key(ed_key())):
        assert public_key_from_pem(key.public.pem) == key.public
        assert public_key_from_multibase(key.public.multibase) == key.public
    assert private_key(ed_key()).public.multibase.startswith("z6Mk")
    assert private_key(rsa_key()).public.pem.startswith("-----BEGIN PUBLIC KEY-----\n")


@pytest.mark.parametrize("bits", [512, 768, 1024, 2047, 8193, 16_384, 65_536])
def test_s24_a_tiny_or_huge_rsa_key_is_refused(bits: int) -> None:
    assert "RSA key" in refused(pkcs1_pem(modulus(bits), 65_537)) or bits > 8192


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 8192])
def test_s24_an_rsa_key_of_a_usual_size_is_taken(bits: int) -> None:
    assert public_key_from_pem(pkcs1_pem(modulus(bits), 65_537)).kind == "rsa"


def test_s24_an_rsa_key_of_1024_bits_is_taken_on_request_only() -> None:
    pem = pkcs1_pem(modulus(1024), 65_537)
    refused(pem)
    assert public_key_from_pem(pem, tolerate_1024=True).kind == "rsa"
    refused(pkcs1_pem(modulus(1023), 65_537), tolerate_1024=True)


@pytest.mark.parametrize("exponent", [0, 1, 2, 4, 65_536, 2**32 + 1, 2**2047 + 1])
def test_s24_an_exponent_that_proves_nothing_or_costs_too_much_is_refused(exponent: int) -> None:
    refused(pkcs1_pem(modulus(2048), exponent))


def test_s24_an_even_modulus_is_refused() -> None:
    refused(pkcs1_pem(modulus(2048) - 1, 65_537))


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        ed448.Ed448PrivateKey.generate().public_key(),
        x25519.X25519PrivateKey.generate().public_key(),
        dsa.generate_private_key(1024).public_key(),
    ],
    ids=["EC", "Ed448", "X25519", "DSA"],
)
def test_s24_a_key_of_another_kind_is_refused(key: Any) -> None:
    refused(spki_pem(key))


def test_s24_a_private_key_is_refused_wherever_it_stands() -> None:
    private = (
        rsa_key()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        .decode()
    )
    assert "private" in refused(private)
    assert "private" in refused(pem_of(rsa_key()) + private)


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no key",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        pem_of(rsa_key())[:200],
        pem_of(rsa_key()).replace("A", "ü"),
        pem_of(rsa_key()).replace("M", "\ud800"),
    ],
)
def test_s24_a_broken_pem_is_refused(pem: str) -> None:
    refused(pem)


def test_s24_a_megabyte_of_pem_is_refused_unread() -> None:
    assert "long" in refused(pem_of(rsa_key()) + "\n" * 1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "zzzz",
        "u7QF",
        "z6Mk0",
        "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do",
        "z" + "1" * 3000,
        multibase.encode(b"\xed\x01" + b"\x07" * 31),
        multibase.encode(b"\x80\x24" + b"\x07" * 33),
        multibase.encode(b"\x85\x24" + b"\x30\x00"),
        multibase.encode(b"\x85\x24" + pkcs1(modulus(1024), 65_537)),
        multibase.encode(b"\x85\x24" + pkcs1(modulus(2048), 1)),
    ],
)
def test_a_multikey_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(SignatureFault) as caught:
        public_key_from_multibase(text)
    assert caught.value.check == "key"


def test_a_multikey_that_hides_an_ec_key_under_the_rsa_codec_is_refused() -> None:
    ec_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    content = ec_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(SignatureFault):
        public_key_from_multibase(multibase.encode(b"\x85\x24" + content))


@pytest.mark.parametrize("signature", [b"", b"\0" * 256, b"\xff" * 256, b"\0" * 64, b"x" * 5000])
def test_a_signature_of_any_length_is_only_wrong(signature: bytes) -> None:
    for key in (private_key(rsa_key()), private_key(ed_key())):
        assert not key.public.accepts(b"text", signature)
        assert key.public.accepts(b"text", key.sign(b"text"))


@pytest.mark.parametrize("content", [b"", b"\0", b"\0\0\1", b"Rundbrief", bytes(range(256))])
def test_multibase_reads_what_it_writes(content: bytes) -> None:
    assert multibase.decode(multibase.encode(content)) == content


def test_multibase_is_the_base58_that_others_write() -> None:
    # draft-msporny-base58, section 5
    assert multibase.encode(b"Hello World!") == "z2NEpo7TZRRrLZSi2U"
    assert multibase.encode(bytes.fromhex("0000287fb4cd")) == "z11233QC4"
