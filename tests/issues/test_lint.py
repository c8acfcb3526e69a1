"""What lint says of an issue: refusals and warnings, each with its line."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from bridge.issues.issue import Issue, read_issue
from bridge.issues.lint import MOST_PICTURE, faults_of, posts_in_timelines, warnings_of
from bridge.issues.rendered import Fragment, Picture, Rendered, Section

PAGE = "https://links.example/issues/24"


def issue(*body: str, front: str = "title: Neues") -> Issue:
    raw = f"---\n{front}\n---\n" + "\n".join(body) + "\n"
    return read_issue("24.md", raw.encode(), language="de", default_format="note", timezone=ZoneInfo("UTC"))[0]


def rendered(*pictures: Picture, characters: int = 10, sections: int = 0) -> Rendered:
    fragment = Fragment(html="", text="x" * characters)
    section = Section(key="s", heading="", html="", text="", cut=False)
    return Rendered(
        page_html="", teaser=fragment, full=fragment, sections=(section,) * sections, text="", mentions=(), hashtags=(),
        pictures=pictures, links=(), words=1,
    )  # fmt: skip


def refusals(found: Issue, *named: str, sections: int = 0, **sizes: int) -> list[str]:
    pictures = {name.replace("_", "."): size for name, size in sizes.items()}
    return [str(fault) for fault in faults_of(found, named=named, pictures=pictures, sections=sections)]


def warned(found: Issue, *pictures: Picture, slugs: tuple[str, ...] = ("23",), characters: int = 10, sections: int = 0,
           named: tuple[str, ...] = ()) -> list[str]:  # fmt: skip
    result = rendered(*pictures, characters=characters, sections=sections)
    return [str(fault) for fault in warnings_of(found, result, page_url=PAGE, slugs=slugs, named=named)]


def picture(path: str, alt: str = "") -> Picture:
    return Picture(path=path, url="/media/x", alt=alt, title="")


def test_an_issue_without_fault_is_silent() -> None:
    found = issue("Hallo, [die letzte](/issues/23).", "![Ein Bild](a.png)")
    assert refusals(found, "a.png", a_png=5) == []
    assert warned(found, picture("a.png", "Ein Bild"), named=("a.png",)) == []


def test_pictures_that_cannot_go_out_refuse_the_issue() -> None:
    found = issue(
        "Text",
        "![](a.png)",
        "![](Mein%20Bild.svg)",
        "![](./b.png)",
        "![](c.heic)",
        front="title: x\ncover: nicht da.jpg",
    )
    sizes = {"Mein Bild.svg": 5, "b_png": MOST_PICTURE + 1, "c_heic": 5}
    assert refusals(found, "a.png", "Mein%20Bild.svg", "./b.png", "c.heic", "https://far.example/x.png", **sizes) == [
        '24.md:3: The picture "nicht da.jpg" does not exist. Put it beside the file and commit it',
        '24.md:6: The picture "a.png" does not exist. Put it beside the file and commit it',
        '24.md:7: "Mein Bild.svg" is SVG, which may hold programs. Save the picture as PNG',
        '24.md:8: The picture "b.png" has 20 MiB. Make it smaller than 20 MiB',
        '24.md:9: "c.heic" is of a kind that browsers do not show. Save it as JPEG or PNG',
    ]


def test_a_picture_of_twenty_mebibytes_is_still_taken() -> None:
    assert refusals(issue("![x](a.png)"), "a.png", a_png=MOST_PICTURE) == []


def test_a_thread_of_more_sections_than_allowed_is_refused() -> None:
    found = issue("Text", front="title: x\nformat: thread")
    assert refusals(found, sections=8) == []
    assert refusals(found, sections=9) == [
        '24.md:3: The text has 9 sections, and 8 are allowed. Join some or raise it with "max_sections: 9"'
    ]
    assert refusals(found, sections=51) == ["24.md:3: The text has 51 sections, and 8 are allowed. Join some"]
    assert refusals(replace(found, max_sections=9), sections=9) == []
    assert refusals(issue("Text"), sections=9) == []


def test_pictures_without_description_are_named_with_their_line() -> None:
    found = issue("Text", "", "![](a%20b.png)", front="title: x\ncover: c.jpg")
    assert warned(found, picture("a%20b.png"), picture("mit.png", "Beschreibung")) == [
        '24.md:3: The cover has no description. Add a line "cover_alt: ..."',
        '24.md:7: The picture "a%20b.png" has no description. Write it: ![description](a%20b.png)',
    ]


def test_a_picture_that_lies_elsewhere_is_a_warning() -> None:
    found = issue("![x](https://far.example/x.png)")
    (warning,) = warned(found, named=("https://far.example/x.png",))
    assert warning.startswith('24.md:4: The picture "https://far.example/x.png" does not lie beside the file')


def test_typed_bullets_make_no_list() -> None:
    found = issue("• eins", "  •zwei", "> • drei", "- vier", "A • B", "```", "• Code", "```", "· fünf", "5·3")
    assert [warning.partition(" The")[0] for warning in warned(found)] == [
        "24.md:4:",
        "24.md:5:",
        "24.md:6:",
        "24.md:12:",
    ]
    assert warned(found)[0] == '24.md:4: The line begins with "•", which makes no list. Begin it with "- "'


@pytest.mark.parametrize(
    "link",
    [
        "[x](/issues/99)",
        "[x](99)",
        "[x](https://links.example/issues/99#da)",
        "[x](<https://links.example/issues/99>)",
        "[![Bild](a.png)](/issues/99)",
        "[x][1]\n\n[1]: /issues/99",
        '<a class="y" href="/issues/99/">x</a>',
        "[x](/issues/99/feed.xml)",
        "[x](../issues/99 'Titel')",
    ],
)
def test_a_link_to_no_issue_is_a_warning(link: str) -> None:
    (warning,) = warned(issue("Text", "", link))
    assert warning.endswith("leads to no issue")
    assert warning.startswith(("24.md:6: ", "24.md:8: "))


@pytest.mark.parametrize(
    "link",
    [
        "[x](/issues/23)", "[x](23)", "[x](24)", "[x](#comments)", "[x](https://links.example/issues/23?y#z)",
        "[x](https://far.example/issues/99)", "[x](mailto:a@b.example)", "`[x](/issues/99)`",
        "```\n[x](/issues/99)\n```",
        "![x](/issues/99)", "[x](/archive)", "[x](/issues/23/comments.json)",
    ],
)  # fmt: skip
def test_other_links_are_fine(link: str) -> None:
    assert warned(issue("Text", "", link)) == []


def test_a_link_to_a_file_says_the_address() -> None:
    assert warned(issue("[x](23.md)")) == ['24.md:4: The link "23.md" leads to a file. Write /issues/23']
    assert warned(issue("[x](http://[y)")) == ['24.md:4: The address "http://[y" cannot be read']


def test_a_post_over_5000_characters_is_a_warning() -> None:
    assert warned(issue("Text"), characters=4990) == []
    (warning,) = warned(issue("Text", front="title: Neues\nformat: full"), characters=5000)
    assert warning.startswith("24.md:3: The post has 5005 characters")
    assert warned(issue("Text", front="title: x\nformat: article"), characters=9000) == []


def test_a_thread_says_how_many_posts_it_puts_into_timelines() -> None:
    found = issue("Text", front="title: x\nformat: thread")
    assert warned(found, sections=6) == ["24.md:3: As a thread the issue puts 7 posts into each follower's timeline"]
    assert warned(found, sections=0) == ["24.md:3: As a thread the issue puts 1 post into each follower's timeline"]
    assert posts_in_timelines(found, 6) == 7
    assert posts_in_timelines(issue("Text"), 6) == 1


def test_an_issue_without_text_is_a_warning() -> None:
    assert warned(issue("")) == ["24.md:3: The issue has no text"]


@pytest.mark.parametrize("sign", ["`", "[", "<a ", "![", "~~~\n", "• ", "[](", "[x]:", "` "])
def test_no_text_keeps_lint_busy(sign: str) -> None:
    """S120: a hang is what this would show."""
    assert warned(issue(sign * (400_000 // len(sign)))) is not None


def test_a_footnote_is_no_dead_link() -> None:
    assert warned(issue("Text[^1].", "", "[^1]: Siehe /issues/99", "[^lang]: noch eine")) == []


def test_the_first_post_of_a_thread_and_its_cut_sections_are_warned_of() -> None:
    found = issue("# Eins", "Text", front="title: x\nformat: thread")
    assert "The post has 6001 characters" in warned(found, characters=6000)[-1]
    section = Section(key="s", heading="Eins", html="", text="x", cut=True)
    whole = replace(rendered(), sections=(section,))
    said = [str(fault) for fault in warnings_of(found, whole, page_url=PAGE, slugs=())]
    assert '24.md:5: The section "Eins" is too long for one post' in said[-1]


@pytest.mark.parametrize(
    ("heading", "text", "line"),
    [
        ("", "Der Autor, Max Wolf, appelliert an alle, die noch da sind.\nUnd so fort.", 9),
        ("Der", "Der\nText.", 11),
        ("Fett und mehr", "Fett und mehr\nText.", 13),
        ("Nirgends", "Nirgends", 5),
    ],
)
def test_a_section_is_told_with_the_line_on_which_it_begins(heading: str, text: str, line: int) -> None:
    found = issue(
        "Der Anfang.", "", "---", "", "Der *Autor*, [Max Wolf](https://a.example/b), appelliert an alle, die noch da",
        "", "## Der", "", "### **Fett** und `mehr` {#fett}",
        front="title: x\nformat: thread",
    )  # fmt: skip
    section = Section(key="s", heading=heading, html="", text=text, cut=True)
    said = [
        str(fault) for fault in warnings_of(found, replace(rendered(), sections=(section,)), page_url=PAGE, slugs=())
    ]
    assert said[-1].startswith(f"24.md:{line}: The section")


def test_what_a_post_leaves_out_is_warned_of() -> None:
    found = issue(
        "<iframe src='https://tube.example/1'></iframe>", "", "![Fünf](e.png)", front="title: x\nformat: full"
    )
    shown = tuple(picture(f"{name}.png", "x") for name in "abcd")
    shown = tuple(replace(one, url=f"/media/{one.path}") for one in shown)
    fifth = replace(picture("e.png", "Fünf"), url="/media/e")
    whole = rendered(*shown, fifth)
    whole = replace(whole, full=replace(whole.full, pictures=shown), embeds=("https://tube.example/1",))
    said = [str(fault) for fault in warnings_of(found, whole, page_url=PAGE, slugs=())]
    assert said[0].startswith('24.md:5: "https://tube.example/1" is a film, sound or frame')
    assert said[1].startswith('24.md:7: A post shows 4 of these pictures; of "e.png"')
