"""Our tree of sanitised HTML, beside BeautifulSoup's of the same."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from bs4.formatter import HTMLFormatter
from hypothesis import given
from hypothesis import strategies as st

from bridge.issues.html_tree import Tag, parse, tags_of
from bridge.issues.page_html import sanitised

WRITTEN = HTMLFormatter(
    entity_substitution=lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    void_element_close_prefix=None,
)
PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<ul><li>", "</li></ul>", "<pre><code>", "</code></pre>", "<br>", "<hr>", "<blockquote>",
        "</blockquote>", "<table><tr><td>", "</table>", "<ruby>漢<rt>kan</rt></ruby>", "<q cite='a&amp;b'>", "</q>",
        "<ol reversed start=3>", "<a href='https://a.example/?x=1&amp;y=\"2\"' rel='me  author'>", "</a>", "<h2 id=x>",
        "</h2>", "<img src=a.png alt=\"it's &quot;it&quot;\">", "<img src=b.png alt='a > b'>",
        "<script>if (a < b)</script>", "<section class='footnotes x'>", "</section>", "a < b", "&amp;lt;", "&nbsp;",
        "&#8230;", " \n ", "  ", "\t", "Text", "<", "<!-- c -->", "<wbr>", '"', "'", "&",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=30).map("".join))
def test_it_reads_and_writes_as_beautiful_soup_does(written: str) -> None:
    html = sanitised(written)
    soup, root = BeautifulSoup(html, "html.parser"), parse(html)

    assert root.html() == soup.decode(formatter=WRITTEN)
    assert root.text() == soup.get_text()
    assert [tag.name for tag in root.tags()] == [tag.name for tag in soup.find_all(True)]
    assert [tag.words("class") for tag in root.tags("section", "a")] == [
        tag.get("class") or [] for tag in soup.find_all(["section", "a"])
    ]


@given(st.text())
def test_whatever_it_is_given_becomes_some_tree(text: str) -> None:
    assert isinstance(parse(text), Tag)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a</p>b", "ab"), ("<p>a</b>b</p>", "ab"), ("<p><b>a", "a"), ("<", "<"), ("a<p", "a<p"),
        ("a < b > c", "a < b > c"), ("<p class>a", "a"), ("a<br/>b", "ab"),
    ],
)  # fmt: skip
def test_html_that_is_not_well_formed_loses_no_text(html: str, text: str) -> None:
    tree = parse(html)
    assert tree.text() == text
    assert parse(tree.html()).text() == text


def test_nodes_can_be_replaced_copied_and_found() -> None:
    root = parse('<p>Ein <a class="mention x" href="/a">Name</a> und <img alt="Bild"></p>')
    twin = root.copy()
    (image,) = root.tags("img")
    image.replace_with(image.get("alt"))

    assert root.html() == '<p>Ein <a class="mention x" href="/a">Name</a> und Bild</p>'
    assert twin.html().endswith('<img alt="Bild"></p>')
    (link,) = tags_of(root.children, "a", word="mention")
    assert link.above("p") is root.children[0]
    assert link.above("table") is None
    with pytest.raises(ValueError, match="no place"):
        root.replace_with("")


def test_however_deep_it_is_it_can_be_read() -> None:
    deep = "<b>" * 20_000 + "x" + "</b>" * 20_000
    assert parse(deep).text() == "x"
