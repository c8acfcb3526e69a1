"""Which addresses are public, and which URLs may be asked at all (security S46 to S50, S55, section H)."""

from __future__ import annotations

import ipaddress
import socket
import time

import pytest
from aiohttp.abc import ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import FetchRefused
from bridge.remote.guard import (
    AddressRefused,
    GuardedResolver,
    guarded_socket_factory,
    judge_url,
    may_connect,
)
from tests.support.local_servers import Names

LOCAL = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "fc00::1",
    "fdff::1",
]
#: Never, not even where private addresses are allowed.
NOWHERE = [
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "100.64.0.1",
    "100.127.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "fec0::1",
    "ff02::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "::7f00:1",
    "::ffff:0:7f00:1",
    "4000::1",
    "localhost",
    "",
    "8.8.8",
    "2606:4700::1%eth0",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "198.20.0.1",
    "2606:4700:4700::1111",
    "2a01:4f8::1",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", LOCAL + NOWHERE)
def test_s46_s47_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not may_connect(address, allow_private=False)


@pytest.mark.parametrize("address", [f"::ffff:{place}" for place in LOCAL + NOWHERE if place.count(".") == 3])
def test_s47_ipv4_wrapped_in_ipv6_is_judged_as_what_it_is(address: str) -> None:
    assert not may_connect(address, allow_private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert may_connect(address, allow_private=False)
    assert may_connect(address, allow_private=True)


@pytest.mark.parametrize("address", LOCAL)
def test_tests_and_demos_may_use_this_machine(address: str) -> None:
    assert may_connect(address, allow_private=True)


@pytest.mark.parametrize("address", NOWHERE)
def test_what_is_no_place_stays_refused_on_one_machine(address: str) -> None:
    """The metadata service of a cloud above all: 169.254.169.254."""
    assert not may_connect(address, allow_private=True)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_is_public_that_python_calls_private_or_multicast(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    inner = getattr(address, "ipv4_mapped", None) or address
    if inner.is_private or inner.is_multicast or inner.is_loopback or inner.is_link_local or inner.is_reserved:
        assert not may_connect(address, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://h.example/",
        "https://h.example:8443/",
        "https://h.example:80/",  # S55, S63
        "https://name@h.example/",
        "https://name:word@h.example/",
        "https://@h.example/",
        "https://good.example@evil.example/",
        "ftp://h.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "gopher://h.example/",
        "javascript:alert(1)",
        "//h.example/",
        "",  # S53
        "https:///x",
        "https://h.example:0/",
        "https://h.example:99999/",
        "https://h.example:x/",
        "https://h.example./",
        "https://.example/",
        "https://h..example/",
        "https://h.exa%6dple/",  # S48
        "https://h.example\\@evil.example/",
        "https://h.example/a b",
        "https://h.example/a\r\nHost: evil",
        "https://h.example/\x00",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://１２７.0.0.1/",
        "https://0x7f000001/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[64:ff9b::7f00:1]/",
        "https://h.example/" + "x" * 5000,
    ],
)
def test_s48_s53_s55_urls_that_are_never_asked(url: str) -> None:
    with pytest.raises(FetchRefused):
        judge_url(url, allow_private=False)


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("https://H.Example", "https://h.example/"),
        ("https://h.example:443/a;b=c", "https://h.example/a;b=c"),
        ("https://h.example/%40a//b/../c?x=%41&y#part", "https://h.example/%40a//b/../c?x=%41&y"),
        ("https://h.example/x?", "https://h.example/x"),
        ("https://bücher.example/straße?ü", "https://xn--bcher-kva.example/stra%C3%9Fe?%C3%BC"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
    ],
)
def test_a_url_is_asked_as_it_was_given_and_no_escape_is_rewritten(url: str, wire: str) -> None:
    assert judge_url(url, allow_private=False).wire == wire


def test_one_machine_may_use_http_and_ports_but_no_user_names() -> None:
    assert judge_url("http://127.0.0.1:8000/x", allow_private=True).wire == "http://127.0.0.1:8000/x"
    with pytest.raises(FetchRefused):
        judge_url("http://a@127.0.0.1:8000/x", allow_private=True)
    with pytest.raises(FetchRefused):
        judge_url("http://169.254.169.254/latest", allow_private=True)


@given(st.text(max_size=300))
def test_any_text_is_either_judged_or_refused(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://h.example/{text}"):
        try:
            wire = judge_url(candidate, allow_private=False).wire
        except FetchRefused:
            continue
        assert wire.isascii()
        assert wire.isprintable()
        assert " " not in wire
        assert judge_url(wire, allow_private=False).wire == wire


def test_s82_judging_is_linear_in_the_length() -> None:
    started = time.process_time()
    for text in (
        "https://" + "a." * 50_000,
        "https://h.example/" + "%" * 100_000,
        "x" * 100_000,
        "https://[" + ":" * 100_000,
    ):
        with pytest.raises(FetchRefused):
            judge_url(text, allow_private=False)
    assert time.process_time() - started < 0.05


async def test_s50_one_private_address_condemns_the_whole_name() -> None:
    resolver = GuardedResolver(Names({"mixed.example": ["8.8.8.8", "10.0.0.1"]}), allow_private=False)
    with pytest.raises(AddressRefused, match=r"mixed\.example is at 10\.0\.0\.1"):
        await resolver.resolve("mixed.example", 443)


async def test_a_name_with_public_addresses_passes() -> None:
    resolver = GuardedResolver(Names({"good.example": ["8.8.8.8", "2606:4700::1"]}), allow_private=False)
    found: list[ResolveResult] = await resolver.resolve("good.example", 443)
    assert [place["host"] for place in found] == ["8.8.8.8", "2606:4700::1"]


def test_s49_no_socket_is_made_for_a_private_address() -> None:
    make = guarded_socket_factory(allow_private=False)
    with pytest.raises(AddressRefused):
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 443)))
    with pytest.raises(AddressRefused):
        make((socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("::1", 443, 0, 0)))


@pytest.mark.parametrize("url", ["http://a.example/x", "http://a.example:80/x", "https://a.example/x"])
def test_a_page_that_people_read_may_be_asked_over_http_at_its_own_port(url: str) -> None:
    assert judge_url(url, allow_private=False, plain_http=True).host == "a.example"


@pytest.mark.parametrize(
    "url", ["http://a.example:8080/", "https://a.example:80/", "http://10.0.0.1/", "ftp://a.example/"]
)
def test_http_opens_no_other_port_and_no_private_address(url: str) -> None:
    with pytest.raises(FetchRefused):
        judge_url(url, allow_private=False, plain_http=True)
    with pytest.raises(FetchRefused):
        judge_url(url.replace(":8080", ""), allow_private=False)
