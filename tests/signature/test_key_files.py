"""The blog's own key files: made once, closed to others, judged before use."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bridge.errors import UserFault
from bridge.signature.key_files import load_key_file, make_key_file
from tests.support.signing import ed_key, pem_of, rsa_key

PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()


def pem(key: Any, *, form: Any = PKCS8, encryption: Any = PLAIN) -> bytes:
    written: bytes = key.private_bytes(serialization.Encoding.PEM, form, encryption)
    return written


def written(folder: Path, content: bytes, *, mode: int = 0o600) -> Path:
    path = folder / "rsa.pem"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def refused(path: Path, kind: Any = "rsa") -> str:
    with pytest.raises(UserFault) as caught:
        load_key_file(path, kind)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_new_key_is_closed_to_others_and_works(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "keys" / f"{kind}.pem"
    assert make_key_file(path, kind)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]
    key = load_key_file(path, kind)
    assert key.kind == kind
    assert key.public.accepts(b"text", key.sign(b"text"))


def test_a_new_rsa_key_has_2048_bits_and_the_usual_exponent(tmp_path: Path) -> None:
    make_key_file(tmp_path / "rsa.pem", "rsa")
    key = load_key_file(tmp_path / "rsa.pem", "rsa").key
    assert isinstance(key, rsa.RSAPrivateKey)
    assert (key.key_size, key.public_key().public_numbers().e) == (2048, 65_537)


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "ed25519.pem"
    assert make_key_file(path, "ed25519")
    before = path.read_bytes()
    assert not make_key_file(path, "ed25519")
    assert path.read_bytes() == before


def test_a_link_that_leads_nowhere_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ed25519.pem"
    path.symlink_to(tmp_path / "elsewhere.pem")
    assert not make_key_file(path, "ed25519")
    assert not (tmp_path / "elsewhere.pem").exists()


def test_of_many_runs_at_once_one_makes_the_key(tmp_path: Path) -> None:
    path = tmp_path / "ed25519.pem"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_key_file(path, "ed25519"), range(16)))
    assert made.count(True) == 1
    assert list(tmp_path.iterdir()) == [path]
    load_key_file(path, "ed25519")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(UserFault, match="cannot write the key file"):
        make_key_file(tmp_path / "keys" / "rsa.pem", "rsa")


def test_a_key_as_other_programs_write_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, pem(rsa_key(), form=serialization.PrivateFormat.TraditionalOpenSSL))
    assert load_key_file(path, "rsa").kind == "rsa"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "not there" in refused(tmp_path / "rsa.pem")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o640, 0o601])
def test_a_file_open_to_others_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    assert "chmod 600" in refused(written(tmp_path, pem(rsa_key()), mode=mode))


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_closed_to_others_is_read(tmp_path: Path, mode: int) -> None:
    load_key_file(written(tmp_path, pem(rsa_key()), mode=mode), "rsa")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_another_owners_file_may_be_shared_with_a_group_but_not_with_all(tmp_path: Path) -> None:
    path = written(tmp_path, pem(rsa_key()), mode=0o640)
    os.chown(path, 12345, 12345)
    load_key_file(path, "rsa")
    path.chmod(0o644)
    refused(path)


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "rsa.pem").mkdir(mode=0o700)
    refused(tmp_path / "rsa.pem")


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rsa.pem", 0o600)
    assert "regular file" in refused(tmp_path / "rsa.pem")


def test_a_key_with_a_password_is_told(tmp_path: Path) -> None:
    locked = pem(rsa_key(), encryption=serialization.BestAvailableEncryption(b"geheim"))
    assert "password" in refused(written(tmp_path, locked))


def test_a_key_of_the_wrong_kind_is_told(tmp_path: Path) -> None:
    assert "neither RSA nor Ed25519" in refused(written(tmp_path, pem(ec.generate_private_key(ec.SECP256R1()))))
    assert "holds an Ed25519 key" in refused(written(tmp_path, pem(ed_key())))
    assert "holds an RSA key" in refused(written(tmp_path, pem(rsa_key())), "ed25519")


def test_a_key_too_small_is_told(tmp_path: Path) -> None:
    assert "1024 bits" in refused(written(tmp_path, pem(rsa_key("small", 1024))))


def test_a_public_key_in_place_of_the_private_one_is_told(tmp_path: Path) -> None:
    assert "public key" in refused(written(tmp_path, pem_of(rsa_key()).encode()))


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, content: bytes) -> None:
    assert "damaged" in refused(written(tmp_path, content))


def test_a_truncated_key_is_told(tmp_path: Path) -> None:
    whole = pem(rsa_key())
    for length in range(0, len(whole) - 30, 97):
        refused(written(tmp_path, whole[:length]))


def test_a_key_whose_secret_was_damaged_is_told(tmp_path: Path) -> None:
    numbers = rsa_key().private_numbers()
    broken = rsa.RSAPrivateNumbers(
        p=numbers.p,
        q=numbers.q,
        d=numbers.d ^ 4,
        dmp1=numbers.dmp1 ^ 4,
        dmq1=numbers.dmq1 ^ 4,
        iqmp=numbers.iqmp,
        public_numbers=numbers.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    assert "damaged" in refused(written(tmp_path, pem(broken)))


def test_a_key_with_a_letter_changed_anywhere_works_or_is_told(tmp_path: Path) -> None:
    whole = pem(rsa_key())
    for place in range(0, len(whole), 13):
        path = written(tmp_path, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            key = load_key_file(path, "rsa")
        except UserFault:
            continue
        assert key.public.accepts(b"text", key.sign(b"text"))


def test_a_huge_file_is_told(tmp_path: Path) -> None:
    assert "larger than 64 kB" in refused(written(tmp_path, b"x" * 70_000))
