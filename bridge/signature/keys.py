"""PEM and Multikey texts <-> key objects that sign and verify; a stranger's key is judged before it is used.

`remote` and the inbox read other servers' keys with it, `activity.actor` publishes ours, `delivery` and `remote` sign
with them. PEM as SPKI or PKCS#1 (SWICG ActivityPub and HTTP Signatures), Multikey as FEP-521a. Loading a key costs
more than verifying with it: keep the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from bridge.signature import multibase
from bridge.signature.request import SignatureFault
from bridge.terms import KeyId

KeyKind = Literal["rsa", "ed25519"]

#: Longest PEM we read from a stranger, in characters.
LONGEST_PEM = 16 * 1024

SMALLEST_RSA, LARGEST_RSA = 2048, 8192
#: What some abandoned servers still sign with; only on request.
SMALLEST_TOLERATED_RSA = 1024

_ED25519_CODEC = b"\xed\x01"
_RSA_CODEC = b"\x85\x24"

_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKey:
    """A key that may prove where a request comes from.

    Only the functions here make one, so its size and kind are judged.
    """

    kind: KeyKind
    key: RSAPublicKey | Ed25519PublicKey

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the signature: RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519.

        The key decides, never the message.
        """
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, message, _PADDING, _SHA256)
            else:
                self.key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def pem(self) -> str:
        """SPKI PEM, as `publicKeyPem` wants it."""
        return self.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode("ascii")

    @property
    def multibase(self) -> str:
        """The key as `publicKeyMultibase` wants it: `z6Mk…` for Ed25519, `z4MX…` for RSA."""
        if isinstance(self.key, RSAPublicKey):
            der = self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
            return multibase.encode(_RSA_CODEC + der)
        return multibase.encode(_ED25519_CODEC + self.key.public_bytes_raw())


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateKey:
    """A key of ours. Signing releases the GIL and is safe from several threads at once."""

    kind: KeyKind
    key: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """Sign bytes: RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(message, _PADDING, _SHA256)
        return self.key.sign(message)

    @property
    def public(self) -> PublicKey:
        """The half that may be shown."""
        return PublicKey(kind=self.kind, key=self.key.public_key())


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """A key of ours under the name by which strangers find its public half."""

    key_id: KeyId
    key: PrivateKey


def public_key_from_pem(pem: str, *, tolerate_1024: bool = False) -> PublicKey:
    """Read `publicKeyPem`, SPKI or PKCS#1.

    Raises SignatureFault("key") for anything we would not trust a signature of.
    """
    if len(pem) > LONGEST_PEM:
        raise SignatureFault("key", "the sender's key is far too long")
    if "PRIVATE KEY" in pem:
        raise SignatureFault("key", "the sender published a private key, so its signatures prove nothing")
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SignatureFault("key", "the sender's key cannot be read") from None
    if isinstance(key, Ed25519PublicKey):
        return PublicKey(kind="ed25519", key=key)
    if isinstance(key, RSAPublicKey):
        return _judged_rsa(key, tolerate_1024=tolerate_1024)
    raise SignatureFault("key", "the sender's key is neither RSA nor Ed25519")


def public_key_from_multibase(text: str) -> PublicKey:
    """Read `publicKeyMultibase`, Ed25519 or RSA. Raises SignatureFault("key")."""
    try:
        content = multibase.decode(text)
        if content.startswith(_ED25519_CODEC):
            return PublicKey(kind="ed25519", key=Ed25519PublicKey.from_public_bytes(content[2:]))
        if not content.startswith(_RSA_CODEC):
            raise ValueError
        key = serialization.load_der_public_key(content[2:])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SignatureFault("key", "the sender's Multikey is no Ed25519 or RSA key") from None
    if not isinstance(key, RSAPublicKey):
        raise SignatureFault("key", "the sender's Multikey is no Ed25519 or RSA key")
    return _judged_rsa(key, tolerate_1024=False)


def private_key(key: RSAPrivateKey | Ed25519PrivateKey) -> PrivateKey:
    """Wrap a key object under its kind."""
    return PrivateKey(kind="rsa" if isinstance(key, RSAPrivateKey) else "ed25519", key=key)


def _judged_rsa(key: RSAPublicKey, *, tolerate_1024: bool) -> PublicKey:
    smallest = SMALLEST_TOLERATED_RSA if tolerate_1024 else SMALLEST_RSA
    if not smallest <= key.key_size <= LARGEST_RSA:
        raise SignatureFault(
            "key", f"the sender's RSA key has {key.key_size} bits; {smallest} to {LARGEST_RSA} are taken"
        )
    numbers = key.public_numbers()
    # A huge exponent makes each check cost milliseconds; 1 and even ones make forging free.
    if not (3 <= numbers.e < 2**32 and numbers.e % 2 and numbers.n % 2):
        raise SignatureFault("key", "the sender's RSA key has an exponent or modulus that nobody can use")
    return PublicKey(kind="rsa", key=key)
