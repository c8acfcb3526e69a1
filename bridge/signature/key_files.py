"""A blog's `keys/` folder -> key objects, made once, never written over; `cli` makes them, `app` loads them at start.

Files are PKCS#8 PEM without a password, 0600 in a 0700 folder. Who may read a key is judged as ssh does: a file of
ours must be closed to everybody else, and no file may be open to all; one of another owner may be shared with a group
(a secret mounted into a container).
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from bridge.errors import UserFault
from bridge.signature.keys import LARGEST_RSA, SMALLEST_RSA, KeyKind, PrivateKey, private_key

RSA_KEY_FILE = "actor-rsa.pem"
ED25519_KEY_FILE = "actor-ed25519.pem"
INSTANCE_KEY_FILE = "instance-rsa.pem"

_RSA_BITS = 2048
_LARGEST_FILE = 64 * 1024
_NAMES: dict[KeyKind, str] = {"rsa": "an RSA", "ed25519": "an Ed25519"}


def make_key_file(path: Path, kind: KeyKind) -> bool:
    """Write a new private key, unless the file is there; True if it was made.

    The folder is made if need be, closed to others. The file appears whole or not at all, and is never replaced, even
    by two runs at once. Raises UserFault.
    """
    if path.is_symlink() or path.exists():
        return False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write_new(path, _new_pem(kind))
    except OSError as error:
        raise UserFault(f"cannot write the key file {path}: {error.strerror}") from None


def load_key_file(path: Path, kind: KeyKind) -> PrivateKey:
    """Read a private key and try it once. Raises UserFault with a sentence that names the file and the cure."""
    try:
        # Not blocking, so that a pipe in its place is a fault and not a wait.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            _check_access(path, os.fstat(file.fileno()))
            pem = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UserFault(
            f"the key file {path} is not there; put it back from a backup, or run `rundbrief init`"
        ) from None
    except OSError as error:
        raise UserFault(f"cannot read the key file {path}: {error.strerror}") from None
    if len(pem) > _LARGEST_FILE:
        raise UserFault(f"{path} is not a key file: it is larger than 64 kB")
    key = _parse(pem, path)
    loaded = private_key(key)
    if loaded.kind != kind:
        raise UserFault(f"{path} holds {_NAMES[loaded.kind]} key, and {_NAMES[kind]} key belongs there")
    if isinstance(key, RSAPrivateKey) and not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        raise UserFault(f"{path} holds an RSA key of {key.key_size} bits; {SMALLEST_RSA} to {LARGEST_RSA} are needed")
    _check_works(loaded, path)
    return loaded


def _new_pem(kind: KeyKind) -> bytes:
    key = generate_private_key(65537, _RSA_BITS) if kind == "rsa" else Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_new(path: Path, content: bytes) -> bool:
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, fails where the name is taken.
            path.hardlink_to(draft)
        except FileExistsError:
            return False
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _check_access(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UserFault(f"{path} is not a key file: it is not a regular file")
    closed_to = 0o077 if status.st_uid == os.geteuid() else 0o007
    if status.st_mode & closed_to:
        mode = stat.S_IMODE(status.st_mode)
        raise UserFault(
            f"the key file {path} is open to other users (mode {mode:04o}); close it with: chmod 600 {path}"
        )


def _parse(pem: bytes, path: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        # The library's check of an RSA key takes 40 ms; trying the key once (`_check_works`) finds a damaged one too.
        key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        raise UserFault(f"the key file {path} has a password; keys must be stored without one") from None
    except (ValueError, UnsupportedAlgorithm):
        what = "a public key" if b"PUBLIC KEY" in pem else "no private key in PEM form, or a damaged one"
        raise UserFault(f"{path} holds {what}; put the key back from a backup") from None
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise UserFault(f"{path} holds a key that is neither RSA nor Ed25519")
    return key


def _check_works(key: PrivateKey, path: Path) -> None:
    probe = b"rundbrief"
    try:
        works = key.public.accepts(probe, key.sign(probe))
    except ValueError:
        works = False
    if not works:
        raise UserFault(f"the key in {path} is damaged: what it signs does not verify; put it back from a backup")
