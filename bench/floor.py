"""The floor: an RSA-2048 signature and a bare libcurl POST for each delivery, nothing else. Run by `cases`.

Prints `{"cpu_ms": ..., "wall": ..., "count": ...}`; the CPU of this process only.
"""

from __future__ import annotations

import argparse
import base64
import json
import time

import pycurl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bench.sink import address_of

_AT_ONCE = 64


def measure(port: int, count: int, ca_file: str | None) -> dict[str, float]:
    """Post to `count` servers, a new connection each, 64 at once."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    body = json.dumps({"type": "Create", "content": "x" * 1900}).encode()
    multi = pycurl.CurlMulti()
    handles = [_handle(ca_file) for _ in range(_AT_ONCE)]
    free, left, done = list(handles), iter(range(count)), 0
    cpu, wall = time.process_time(), time.perf_counter()
    while done < count:
        while free and (number := next(left, None)) is not None:
            curl = free.pop()
            _prepare(curl, number, port, body, key, tls=ca_file is not None)
            multi.add_handle(curl)
        multi.perform()
        _, ended, failed = multi.info_read()
        for curl in [*ended, *[entry[0] for entry in failed]]:
            multi.remove_handle(curl)
            free.append(curl)
            done += 1
        if not ended and not failed:
            multi.select(0.5)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu_ms": cpu / count * 1000, "wall": wall, "count": count}


def _handle(ca_file: str | None) -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.FRESH_CONNECT, 1)
    curl.setopt(pycurl.FORBID_REUSE, 1)
    curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
    curl.setopt(pycurl.WRITEFUNCTION, lambda _: None)
    if ca_file:
        curl.setopt(pycurl.CAINFO, ca_file)
    return curl


def _prepare(curl: pycurl.Curl, number: int, port: int, body: bytes, key: rsa.RSAPrivateKey, *, tls: bool) -> None:
    text = f"(request-target): post /inbox\nhost: {number}\ndate: now\ndigest: x"
    signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    host = f"s{number}.bench.test" if tls else address_of(number)
    if tls:
        curl.setopt(pycurl.RESOLVE, [f"{host}:{port}:{address_of(number)}"])
    curl.setopt(pycurl.URL, f"{'https' if tls else 'http'}://{host}:{port}/inbox")
    curl.setopt(
        pycurl.HTTPHEADER,
        ["Content-Type: application/activity+json", "Expect:", "Digest: SHA-256=x", f"Signature: {signature}"],
    )
    curl.setopt(pycurl.POSTFIELDS, body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--ca")
    asked = parser.parse_args()
    print(json.dumps(measure(asked.port, asked.count, asked.ca)))
