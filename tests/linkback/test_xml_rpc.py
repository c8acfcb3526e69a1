"""Pingback's XML, as clients write it and as attackers do (S108, S109)."""

from __future__ import annotations

import codecs

import pytest

from bridge.linkback import xml_rpc
from bridge.linkback.xml_rpc import Call, Fault

#: In the shape of WordPress' client (IXR): a declaration, one element a line, strings in `<string>`.
WORDPRESS = b"""<?xml version="1.0"?>
<methodCall>
<methodName>pingback.ping</methodName>
<params>
<param><value><string>https://blog.test/2024/echo/?p=1&amp;x=2</string></value></param>
<param><value><string>https://links.example/issues/24</string></value></param>
</params></methodCall>
"""
BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><methodCall>&b;</methodCall>'


def test_the_request_of_wordpress_is_read() -> None:
    expected = Call(source="https://blog.test/2024/echo/?p=1&x=2", target="https://links.example/issues/24")
    assert xml_rpc.read_call(WORDPRESS) == expected
    assert xml_rpc.read_call(WORDPRESS.replace(b"<string>", b"").replace(b"</string>", b"")) == expected
    assert xml_rpc.read_call(xml_rpc.written_call(expected)) == expected


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        codecs.BOM_UTF16_LE + BOMB.replace('1.0"', "1.0\" encoding='utf-16'").encode("utf-16-le"),
        b'<!DOCTYPE methodCall SYSTEM "http://127.0.0.1:1/x.dtd"><methodCall/>',
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><methodCall/>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><methodCall><methodName>&e;</methodName></methodCall>',
        b"<a>" * 5_000,
        b"<?xml version='1.0' encoding='utf-7'?><methodCall/>",
        b"<?xml version='1.0' encoding='klingon'?><methodCall/>",
        WORDPRESS + b" " * xml_rpc.MOST_BYTES,
        b"",
        b"\xff\xfe\x00",
        b"{}",
        b"<html/>",
    ],
)
def test_s108_a_doctype_an_entity_and_whatever_is_no_call_are_fault_0(body: bytes) -> None:
    with pytest.raises(Fault) as fault:
        xml_rpc.read_call(body)
    assert fault.value.code == 0 if b"methodCall/>" not in body else fault.value.code in (0, xml_rpc.NO_SUCH_METHOD)


@pytest.mark.parametrize("name", [b"system.multicall", b"system.listMethods", b"wp.getUsersBlogs", b""])
def test_s109_any_other_method_does_not_exist(name: bytes) -> None:
    with pytest.raises(Fault) as fault:
        xml_rpc.read_call(WORDPRESS.replace(b"pingback.ping", name))
    assert fault.value.code == xml_rpc.NO_SUCH_METHOD


@pytest.mark.parametrize(
    "params",
    [
        b"",
        b"<param><value><string>a</string></value></param>",
        b"<param><value><string>a</string></value></param>" * 3,
        b"<param><value><int>1</int></value></param>" * 2,
        b"<param><value><array><data/></array></value></param>" * 2,
    ],
)
def test_s109_other_parameters_than_two_strings_are_fault_0(params: bytes) -> None:
    body = b"<methodCall><methodName>pingback.ping</methodName><params>" + params + b"</params></methodCall>"
    with pytest.raises(Fault) as fault:
        xml_rpc.read_call(body)
    assert fault.value.code == xml_rpc.GENERIC


def test_answers_are_read_back_and_markup_in_them_is_text() -> None:
    assert xml_rpc.read_answer(xml_rpc.written_answer("queued <b>&")) == "queued <b>&"
    with pytest.raises(Fault, match="<i>no</i>") as fault:
        xml_rpc.read_answer(xml_rpc.written_fault(Fault(48, "<i>no</i>")))
    assert fault.value.code == xml_rpc.ALREADY_THERE


@pytest.mark.parametrize("body", [b"", b"queued", BOMB.encode(), b"<methodResponse><fault/></methodResponse>"])
def test_an_endpoint_that_answers_nonsense_did_not_take_it(body: bytes) -> None:
    with pytest.raises(Fault):
        xml_rpc.read_answer(body)
