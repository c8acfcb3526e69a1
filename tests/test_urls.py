"""The one URL parser: what it takes, what it refuses, and that nobody else reads an address differently (S5 to S7)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from bridge.urls import LONGEST, BadUrl, Url, _judged, host_of, origin_of, parse_url, same_origin, same_site


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("https://fern.example", "https://fern.example", "/"),
        ("https://fern.example/", "https://fern.example", "/"),
        ("https://FERN.Example/Leute/Anna#main-key", "https://fern.example", "/Leute/Anna"),
        ("HTTPS://fern.example:443/a", "https://fern.example", "/a"),
        ("https://fern.example:8443/a?b=c&d", "https://fern.example:8443", "/a?b=c&d"),
        ("https://fern.example?a", "https://fern.example", "/?a"),
        ("https://fern.example#a", "https://fern.example", "/"),
        ("https://fern.example/a?", "https://fern.example", "/a?"),
        ("https://fern.example/a?b?c#d?e", "https://fern.example", "/a?b?c"),
        ("https://fern.example/%40anna/%2e%2E/a//b", "https://fern.example", "/%40anna/%2e%2E/a//b"),
        ("https://fern.example/@anna", "https://fern.example", "/@anna"),
        ("https://fern.example/größe?q=ß", "https://fern.example", "/gr%C3%B6%C3%9Fe?q=%C3%9F"),
        ("https://größe.example/", "https://xn--gre-6ka8i.example", "/"),
        ("https://XN--gre-6ka8i.example/", "https://xn--gre-6ka8i.example", "/"),
        ("https://ｆｅｒｎ。example/", "https://fern.example", "/"),
        ("https://mein_haus.example/", "https://mein_haus.example", "/"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000", "/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000", "/a"),
        ("https://[2001:DB8:0:0::1]/a", "https://[2001:db8::1]", "/a"),
        ("http://localhost", "http://localhost", "/"),
    ],
)
def test_an_address_is_split_into_origin_and_target(text: str, origin: str, target: str) -> None:
    url = parse_url(text, allow_http=True)
    assert (url.origin, url.target, url.wire) == (origin, target, origin + target)
    assert url.text == text
    assert parse_url(url.wire, allow_http=True).wire == url.wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fern.example",
        "//fern.example/a",
        "https:fern.example",
        "https:/fern.example",
        "https://",
        "https:///a",
        "https://?a",
        "https://#a",
        "ftp://fern.example/",
        "acct:anna@fern.example",
        "javascript://fern.example/%0aalert(1)",
        "did:key:z6Mk",
        "https://good.example@evil.example/",
        "https://good.example:x@evil.example/",
        "https://@evil.example/",
        "https://good.example%2eevil.example/",
        "https://good.example%00.evil.example/",
        "https://good.example./",
        "https://.good.example/",
        "https://good..example/",
        "https://good.example\\@evil.example/",
        "https://good.example\\.evil.example/",
        "https://good.exam ple/",
        " https://good.example/",
        "https://good.example/\n",
        "https://good.example/\tx",
        "https://good.example/a b",
        "https://good.example/\x00",
        "https://good.example/\u202e",
        "https://good.example/\ud800",
        "https://good.example/<script>",
        'https://good.example/"',
        "https://-good.example/",
        "https://good-.example/",
        "https://good.example:/",
        "https://good.example:0/",
        "https://good.example:65536/",
        "https://good.example:+443/",
        "https://good.example:４４３/",
        "https://good.example:443:443/",
        "https://good,example/",
        "https://good.example;evil/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[::1%25eth0]/",
        "https://[::1%eth0]/",
        "https://[127.0.0.1]/",
        "https://::1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://256.1.1.1/",
        "https://１２７.１/",
        "https://good.example.123/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://" + "ä" * 300 + ".example/",
        "https://good.example/" + "a" * LONGEST,
        "https://\u00ad.example/",
        "https://xn--.ä/",
    ],
)
def test_s7_anything_that_is_no_plain_http_address_is_refused(text: str) -> None:
    with pytest.raises(BadUrl) as caught:
        parse_url(text, allow_http=True)
    assert not text or len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize("text", ["https://good.example@evil.example/", "https://good.example:x@evil.example/"])
def test_s7_a_user_name_is_refused_as_one(text: str) -> None:
    with pytest.raises(BadUrl, match="user name"):
        parse_url(text, allow_http=False)


def test_http_is_allowed_on_request_only() -> None:
    assert parse_url("http://fern.example/", allow_http=True).scheme == "http"
    with pytest.raises(BadUrl, match="https"):
        parse_url("http://fern.example/", allow_http=False)


def test_an_address_may_be_as_long_as_the_limit_says() -> None:
    text = "https://fern.example/"
    assert parse_url(text + "a" * (LONGEST - len(text)), allow_http=False).path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://fern.example/a", "https://fern.example/b#c"),
        ("https://fern.example/a", "https://FERN.example:443/"),
        ("https://größe.example/", "https://xn--gre-6ka8i.example/"),
        ("http://fern.example:80/", "http://fern.example/"),
    ],
)
def test_s5_one_origin_in_other_letters_is_the_same(one: str, other: str) -> None:
    assert same_origin(one, other)
    assert origin_of(one) == origin_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://good.example/", "https://evil.example/"),
        ("https://good.example/", "http://good.example/"),
        ("https://good.example/", "https://good.example:8443/"),
        ("http://good.example:443/", "https://good.example/"),
        ("https://good.example/", "https://www.good.example/"),
        ("https://good.example/", "https://good.example@evil.example/"),
        ("https://good.example/", "https://good.example./"),
        ("https://good.example/", "https://gооd.example/"),  # Cyrillic о
        ("https://good.example/", ""),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_s6_another_scheme_port_or_host_is_another_origin(one: str, other: str) -> None:
    assert not same_origin(one, other)
    assert not same_origin(other, one)


def test_the_host_of_an_address_names_the_server() -> None:
    assert host_of("https://FERN.example/a") == "fern.example"
    assert host_of("http://127.0.0.1:8001/a") == "127.0.0.1:8001"
    with pytest.raises(BadUrl):
        host_of("mailto:anna@fern.example")


near_urls = st.one_of(
    st.text(max_size=60),
    st.builds("https://{}".format, st.text(st.sampled_from("aBz09.-_:@/?#[]%\\ \tä。\u202e\x00"), max_size=30)),
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https", "HTTPS", "ftp"]),
        st.from_regex(r"[a-zA-Z0-9.\-]{1,20}(:[0-9]{0,6})?", fullmatch=True),
        st.text(max_size=20).map(lambda text: "/" + text),
    ),
)


@given(near_urls)
@example("https://fern.example/" + "%" * 2000)
@example("https://" + "a." * 1000)
@example("https://" + "[" * 2000)
@example("https://" + "\u0378" * 200)
def test_s7_whatever_is_given_is_read_one_way_or_refused(text: str) -> None:
    """Our parser, the standard library's and the HTTP client's agree on where an accepted address leads."""
    try:
        url = parse_url(text, allow_http=True)
    except BadUrl:
        return
    assert url.wire.isascii()
    theirs = urlsplit(url.wire)
    client = URL(url.wire, encoded=True)
    host = url.host.strip("[]")
    assert (theirs.scheme, theirs.hostname, theirs.port or client.port) == (url.scheme, host, url.port)
    assert (client.scheme, client.raw_host, client.port) == (url.scheme, host, url.port)
    assert client.raw_path_qs == url.target.removesuffix("?")
    assert parse_url(url.wire, allow_http=True).origin == url.origin


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://fern.example/inbox", "https://fern.example:8443/users/jo", True),
        ("https://ap.fern.example/inbox", "https://fern.example/users/jo", True),
        ("https://a.fern.example/inbox", "https://b.fern.example/users/jo", True),
        ("https://fern.example/inbox", "https://nah.example/users/jo", False),
        ("https://evilfern.example/inbox", "https://fern.example/users/jo", False),
        ("https://fern.co.uk/inbox", "https://nah.co.uk/users/jo", False),
        ("https://a.fern.co.uk/inbox", "https://fern.co.uk/users/jo", True),
        ("http://127.0.0.1:1/inbox", "http://127.0.0.1:2/jo", True),
        ("http://127.0.0.1/inbox", "http://127.1.0.1/jo", False),
        ("http://[::1]/inbox", "http://[::2]/jo", False),
        ("javascript:x", "https://fern.example/", False),
    ],
)
def test_s79_a_site_is_what_one_owner_has(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
    assert same_site(other, one) is same


_WORDS = r"""
http https HTTPS :// a.example A.example xn--gre-6ka8i.example 127.0.0.1 127.0.0.01 256.0.0.1 a-.example -a.example
a_b.example localhost a.b1 1.2 . : 0 80 443 99999 65535 @ / ? # [ ] %40 ~ ^ | { ` \ " < ß
"""
_PIECES = st.sampled_from([*_WORDS.split(), " ", "\x00", "\u202e", "a" * 260])


@given(
    st.lists(_PIECES, max_size=9).map("".join)
    | st.builds("https://{}{}".format, _PIECES, st.lists(_PIECES).map("".join))
)
@example("http://127.0.0.1:65536/")
@example("https://a.example:0/")
@example("https://a.example:080/")
@settings(max_examples=500)
def test_a_common_address_is_read_as_any_other(text: str) -> None:
    """The one look that serves most addresses says what the whole judgement says."""

    def read(how: Callable[..., Url]) -> Url | None:
        try:
            return how(text, allow_http=True)
        except BadUrl:
            return None

    assert read(parse_url) == read(_judged)
