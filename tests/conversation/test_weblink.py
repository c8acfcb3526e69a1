"""Addresses of strangers are judged as browsers read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.conversation.weblink import names_host, safe_url, shown_host


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("https://A.example/x?y=1&z#f", "https://a.example/x?y=1&z#f"),
        ("HTTP://a.example", "http://a.example/"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://müller.example/ü", "https://xn--mller-kva.example/%C3%BC"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ('https://a.example/#"onclick=', "https://a.example/#%22onclick="),
        ("https://%61.example/", "https://a.example/"),
        ("https://a.example/%zz%20", "https://a.example/%zz%20"),
    ],
)
def test_a_good_address_comes_out_as_browsers_write_it(written: str, safe: str) -> None:
    assert safe_url(written) == safe


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "javascript:alert(1)",
        " java\nscript:x",
        "data:,x",
        "//a.example",
        "https:///x",
        "https://",
        "http://u@a.example",
        "https://a.example:99999/",
        "https://a b.example/",
        "mailto:a@b.example",
        "https://" + "a" * 5000,
        "https://[::1/",
        "\x00",
    ],
)
def test_everything_else_is_refused(written: str) -> None:
    """S90."""
    assert safe_url(written) is None


@given(st.text(alphabet=st.sampled_from("htps:/\\@#?.%[]<>\"' \tajvscriptxn-\x00ü"), max_size=40))
def test_what_is_let_through_is_a_web_address_without_quotes(written: str) -> None:
    safe = safe_url("https:" + written)
    assert safe is None or (safe.startswith("https://") and not set(safe) & set('"<> \t\x00'))


def test_mail_is_a_link_only_where_it_is_asked_for() -> None:
    assert safe_url("mailto:a@b.example", mail=True) == "mailto:a@b.example"
    assert safe_url("mailto:a@b.example?body=x", mail=True) is None


def test_the_host_is_shown_without_www_and_the_handle_of_its_own_server_is_honest() -> None:
    assert shown_host("https://www.a.example/x") == "a.example"
    assert names_host("@ann@a.example", "https://a.example/@ann")
    assert not names_host("@ann@b.example", "https://a.example/@ann")
