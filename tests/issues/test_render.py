"""An issue becomes a page, and nothing of its text is lost on the way to any server."""

from __future__ import annotations

import threading

import pytest

from bridge.issues.render import find_mentions, hashtag_name
from bridge.issues.rendered import Rendered
from tests.support.habits import HABITS
from tests.support.letters import KAFFEE, PAGE, TEE, letter, rendered


def words(text: str) -> str:
    return " ".join(text.replace("* * *", " ").split())


@pytest.mark.parametrize("name", HABITS)
def test_what_the_author_wrote_is_on_the_page(name: str) -> None:
    source, expected, _ = HABITS[name]
    assert words(rendered(source).text) == expected


@pytest.mark.parametrize("name", HABITS)
@pytest.mark.parametrize("kind", ["note", "full", "thread", "article"])
def test_what_the_author_wrote_is_in_each_format(name: str, kind: str) -> None:
    source, expected, _ = HABITS[name]
    whole = rendered(source, format=kind)
    if kind == "thread":
        assert words(" ".join([_shown_before(whole), *(section.text for section in whole.sections)])) == expected
    else:
        assert words(whole.full.text) == expected
    if name != "900 characters":
        assert expected.startswith(words(whole.teaser.text))


def _shown_before(whole: Rendered) -> str:
    """The teaser where it is the opening; a teaser that was shortened stands again in the first section."""
    first = whole.sections[0].text if whole.sections else ""
    return "" if words(first).startswith(words(whole.teaser.text).removesuffix(" …")) else whole.teaser.text


def test_mentions_are_found_in_text_and_teaser_once_each() -> None:
    issue = letter("@tee@example.org und @Tee@example.org, `@nicht@so.example`", teaser="Mit @kaffee@example.social")
    assert find_mentions(issue) == ("kaffee@example.social", "tee@example.org")


def test_mentions_of_text_and_teaser_are_named_in_order() -> None:
    whole = rendered("@tee@example.org und @nie@mand.example", teaser="Mit @kaffee@example.social")
    assert whole.mentions == (TEE, KAFFEE) or whole.mentions == (KAFFEE, TEE)
    assert whole.teaser.mentions == (KAFFEE,)
    assert "@nie@mand.example" in whole.page_html


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("krasse links", "KrasseLinks"),
        ("Netzwerkzentralität", "Netzwerkzentralität"),
        ("#politik", "politik"),
        ("KI-Politik heute", "KIPolitikHeute"),
        ("2024", None),
        ("20 24", None),
        ("!?", None),
    ],
)
def test_a_tag_of_several_words_becomes_one_in_camel_case(tag: str, name: str | None) -> None:
    assert hashtag_name(tag) == name


def test_tags_of_the_front_matter_and_the_text_are_one_list() -> None:
    whole = rendered("Über #Bahn und #krasseLinks.", tags=("krasse links", "2024"))
    assert [tag.name for tag in whole.hashtags] == ["KrasseLinks", "Bahn"]
    assert whole.hashtags[0].href == "https://links.example/tags/KrasseLinks"


def test_links_elsewhere_are_listed_once_without_own_pages_mentions_and_hashtags() -> None:
    source = (
        "[a](https://a.example) https://a.example [b](/issues/zwei) #Tag @kaffee@example.social <x@y.example> [c](#d)"
    )
    whole = rendered(source)
    assert whole.links == ("https://a.example",)
    assert 'href="https://links.example/issues/zwei"' in whole.page_html
    assert 'href="#d"' in whole.page_html
    assert whole.page_html.count("noopener") == 3


def test_pictures_have_alt_text_load_late_and_come_from_here_only() -> None:
    whole = rendered('![Ein Hund](hund.png "Rex")\n\n![fern](https://a.example/x.png)\n\n![weg](fehlt.png)')
    assert '<img alt="Ein Hund" loading="lazy" src="https://links.example/media/hund.png">' in whole.page_html
    assert "<figcaption>Rex</figcaption>" in whole.page_html
    assert whole.page_html.count("<img") == 1
    assert '<a href="https://a.example/x.png" rel="noopener">fern</a>' in whole.page_html
    assert [(picture.path, picture.alt, picture.title) for picture in whole.pictures] == [
        ("hund.png", "Ein Hund", "Rex")
    ]


def test_headings_and_sections_are_places_that_can_be_linked_to() -> None:
    whole = rendered("Vorweg.\n\n## Über die Bahn\n\nText\n\n---\n\nNeuer Gedanke hier.\n\n## Über die Bahn\n\nMehr.")
    assert '<h2 id="ueber-die-bahn">' in whole.page_html
    assert '<h2 id="ueber-die-bahn-2">' in whole.page_html
    assert '<p id="neuer-gedanke-hier">' in whole.page_html


def test_the_page_keeps_tables_footnotes_code_figures_and_quotations() -> None:
    source = "|a|b|\n|-|-|\n|1|2|\n\n`x`[^1]\n\n```\ny\n```\n\n> z\n\n<q>k</q> <abbr title='HT'>H</abbr>\n\n[^1]: note"
    page = rendered(source).page_html
    for tag in ("<table>", "<sup ", "<pre>", "<blockquote>", '<section class="footnotes">', "<q>", "<abbr"):
        assert tag in page


def test_words_are_counted() -> None:
    assert rendered("Ein *kurzer* Brief\n\nmit Ende.").words == 5


def test_issues_can_be_rendered_in_threads_at_once() -> None:
    sources = [f"Brief {i} #Tag{i}\n\n[^1] x[^1]\n\n[^1]: Fuß {i}" for i in range(8)]
    alone = [rendered(source) for source in sources]
    together: dict[int, Rendered] = {}
    threads = [threading.Thread(target=lambda i=i: together.update({i: rendered(sources[i])})) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i] for i in range(8)] == alone


def test_an_empty_issue_renders() -> None:
    whole = rendered("")
    assert (whole.page_html, whole.full.html, whole.summary, whole.sections) == ("", "", "", ())
    assert PAGE not in whole.page_html
