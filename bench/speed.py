"""How fast this machine is now -> what a figure would be on the quiet machine that the targets were set on."""

from __future__ import annotations

import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

#: What an RSA-2048 signature costs there, in ms of CPU.
QUIET_SIGNING_MS = 0.30
_SIGNATURES = 200


def signing_ms() -> float:
    """What an RSA-2048 signature costs at the moment."""
    key = generate_private_key(65537, 2048)
    began = time.process_time()
    for _ in range(_SIGNATURES):
        key.sign(b"", padding.PKCS1v15(), hashes.SHA256())
    return (time.process_time() - began) / _SIGNATURES * 1000


def scaled(value: float, unit: str) -> str:
    """The figure as it would be there, for a row's note; times only, as a share or a size is the same everywhere."""
    return f"scaled {value * QUIET_SIGNING_MS / signing_ms():.2f} {unit}"
