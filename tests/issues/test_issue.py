"""An issue file's keys: types, ranges, defaults, and all faults together (contract section 5)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import Fault, IssueFaults
from bridge.issues.issue import (
    KEYS,
    Issue,
    digest,
    picture_in_text,
    picture_name,
    read_issue,
    slug_from_name,
    slugified,
)

BERLIN = ZoneInfo("Europe/Berlin")


def read(*lines: str, path: str = "24.md", body: str = "Hallo.") -> tuple[Issue, list[Fault]]:
    raw = "\n".join(["---", *lines, "---", body, ""]).encode("utf-8", "surrogatepass")
    return read_issue(path, raw, language="de", default_format="note", timezone=BERLIN)


def issue(*lines: str, path: str = "24.md") -> Issue:
    return read("title: Neues", *lines, path=path)[0]


def faults(*lines: str, path: str = "24.md") -> list[str]:
    with pytest.raises(IssueFaults) as refused:
        read(*lines, path=path)
    return [str(fault) for fault in refused.value.faults]


def fault(*lines: str) -> str:
    (only,) = faults("title: Neues", *lines)
    return only


def test_a_title_is_all_that_an_issue_needs() -> None:
    found, warnings = read("title: Neues")
    assert warnings == []
    assert found == Issue(
        path="24.md",
        slug=found.slug,
        title="Neues",
        body="Hallo.\n",
        body_line=4,
        digest=hashlib.sha256(b"---\ntitle: Neues\n---\nHallo.\n").hexdigest(),
        language="de",
    )
    assert found.slug == "24"
    assert (found.attach, found.format, found.max_sections, found.quotes) == ("none", "note", 8, "everyone")
    assert (found.visibility, found.comments, found.linkbacks, found.federate) == ("public", True, True, True)
    assert found.draft is False


def test_every_key_is_read() -> None:
    found, warnings = read(
        "title: Neues", "date: 2024-08-05", "updated: 2024-08-06T09:00:00Z", "slug: neues", "number: 24",
        "language: de-at", "teaser: 'Ein *Wort* vorab'", "tags: [krasse links, '#Netz']", "cover: bild.jpg",
        "cover_alt: Ein Bild", "attach: cover", "draft: true", "format: thread", "max_sections: 12",
        "visibility: unlisted", "content_warning: Spinnen", "comments: false", "comments_until: 2024-09-01",
        "quotes: followers", "canonical_url: https://alt.example/neues",
        "syndication: [https://social.example/@me/1]", "federate: now", "linkbacks: false",
    )  # fmt: skip
    assert warnings == []
    assert set(found.lines) == set(KEYS)
    assert found.date == datetime(2024, 8, 4, 22, tzinfo=UTC)
    assert found.updated == datetime(2024, 8, 6, 9, tzinfo=UTC)
    assert found.comments_until == datetime(2024, 9, 1, 21, 59, 59, tzinfo=UTC)
    assert (found.slug, found.number, found.language, found.teaser) == ("neues", 24, "de-AT", "Ein *Wort* vorab")
    assert found.tags == ("krasse links", "Netz")
    assert (found.cover, found.cover_alt, found.attach) == ("bild.jpg", "Ein Bild", "cover")
    assert (found.draft, found.format, found.max_sections, found.visibility) == (True, "thread", 12, "unlisted")
    assert (found.content_warning, found.comments, found.quotes) == ("Spinnen", False, "followers")
    assert found.canonical_url == "https://alt.example/neues"
    assert found.syndication == ("https://social.example/@me/1",)
    assert (found.federate, found.linkbacks) == ("now", False)


def test_all_faults_of_a_file_come_together_with_their_lines() -> None:
    assert faults("date: gestern", "number: zwei", "slug: Ünd", "max_sections: 51", "quotes: all", "comments: [a]") == [
        '24.md:1: title is missing. Add a line such as "title: News"',
        '24.md:2: date must be a date such as 2024-08-05 or 2024-08-05T09:00:00+02:00; it is "gestern"',
        '24.md:3: number must be a whole number from 0 to 999999; it is "zwei"',
        '24.md:4: slug may hold only a-z, 0-9 and hyphens, such as uend; it is "Ünd"',
        '24.md:5: max_sections must be a whole number from 1 to 50; it is "51"',
        '24.md:6: quotes must be everyone, followers or nobody; it is "all"',
        "24.md:7: comments must be true or false, not a list or a table",
    ]


def test_unknown_keys_are_warnings_that_guess_what_was_meant() -> None:
    found, warnings = read("title: Neues", "layout: post", "tgas: [a]")
    assert found.tags == ()
    assert [str(warning) for warning in warnings] == [
        '24.md:3: The key "layout" is unknown and does nothing',
        '24.md:4: The key "tgas" is unknown and does nothing. Is "tags" meant?',
    ]


def test_an_empty_value_is_no_value() -> None:
    found = issue("date:", "slug: ~", "tags: []", "cover: ''", "draft: null", "syndication:", "number: ''  # later")
    assert (found.date, found.slug, found.tags, found.cover, found.draft) == (None, "24", (), None, False)


@pytest.mark.parametrize("written", ["No", "2024", "1.50", "2024-08-05", "true", "~x", "0x1F", "12:30:00"])
def test_a_title_that_yaml_would_read_as_something_else_is_taken_as_written(written: str) -> None:
    assert read(f"title: {written}")[0].title == written


def test_a_title_is_one_line() -> None:
    assert read("title: >", "  ein langer", "  Titel")[0].title == "ein langer Titel"


def test_text_lost_to_a_yaml_comment_is_a_warning_and_a_title_lost_whole_a_refusal() -> None:
    _, warnings = read("title: Neues # und Altes")
    assert "24.md:2: YAML takes what follows" in str(warnings[0])
    assert "24.md:2: YAML takes what follows" in faults("title: #KrasseLinks")[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-08-05", datetime(2024, 8, 4, 22, tzinfo=UTC)),
        ("2024-12-05", datetime(2024, 12, 4, 23, tzinfo=UTC)),
        ("2024-8-5", datetime(2024, 8, 4, 22, tzinfo=UTC)),
        ("2024-08-05 09:00", datetime(2024, 8, 5, 7, tzinfo=UTC)),
        ("2024-08-05T09:00:30", datetime(2024, 8, 5, 7, 0, 30, tzinfo=UTC)),
        ("2024-08-05T09:00:00Z", datetime(2024, 8, 5, 9, tzinfo=UTC)),
        ("2024-08-05t09:00:00.123z", datetime(2024, 8, 5, 9, tzinfo=UTC)),
        ("2024-08-05 09:00:00 +0530", datetime(2024, 8, 5, 3, 30, tzinfo=UTC)),
        ("2024-08-05T09:00:00-05", datetime(2024, 8, 5, 14, tzinfo=UTC)),
        ("'2024-08-05T09:00:00+02:00'", datetime(2024, 8, 5, 7, tzinfo=UTC)),
    ],
)
def test_a_date_without_a_zone_is_meant_in_the_blogs(written: str, meant: datetime) -> None:
    assert issue(f"date: {written}").date == meant


@pytest.mark.parametrize(
    "written", ["05.08.2024", "2024-02-30", "2024-08-05T25:00", "0001-01-01", "9999-12-31", "2024", "now",
                "2024-08-05T09:00+25:00", "2024-08-05T09:00+02:99", "２０２４-08-05", "2024-08-05T09:00 Europe/Berlin"],
)  # fmt: skip
def test_a_date_that_is_none_is_refused(written: str) -> None:
    assert "24.md:3: date must be a date such as 2024-08-05" in fault(f"date: {written}")


@pytest.mark.parametrize("written", ["../x", "a/b", "a.b", "ä", "A", "a b", "%2e", "x" * 101])
def test_a_slug_that_may_lead_elsewhere_is_refused(written: str) -> None:
    """S118: only a-z, 0-9 and hyphens."""
    assert "24.md:3: slug" in fault(f"slug: '{written}'")


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("24.md", "24"),
        ("24/index.md", "24"),
        ("2024-08-05-weird.md", "weird"),
        ("2024-08-05-weird/index.md", "weird"),
        ("2024-08-05_weird thing.md", "weird-thing"),
        ("2024-08-05.md", "2024-08-05"),
        ("Über uns.md", "ueber-uns"),
        ("U\u0308ber uns.md", "ueber-uns"),
        ("Straße & Café.md", "strasse-cafe"),
        ("a.b.md", "a-b"),
        ("x" * 200 + ".md", "x" * 100),
    ],
)
def test_the_slug_comes_from_the_files_name_without_its_date(path: str, slug: str) -> None:
    assert slug_from_name(path) == slug


def test_a_name_that_makes_no_slug_asks_for_one() -> None:
    assert faults("title: Neues", path="日本.md") == [
        '日本.md:1: No address can be made of the file\'s name. Add a line such as "slug: my-first-letter"'
    ]
    assert issue("slug: nihon", path="日本.md").slug == "nihon"


@given(st.text())
def test_a_slug_made_of_any_text_is_a_slug_or_empty(text: str) -> None:
    slug = slugified(text)
    assert len(slug) <= 100
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    ("written", "kept"), [("no", "no"), ("DE", "de"), ("zh-hant-tw", "zh-Hant-TW"), ("de-1996", "de-1996")]
)
def test_a_language_is_a_tag_in_its_customary_case(written: str, kept: str) -> None:
    assert issue(f"language: {written}").language == kept


@pytest.mark.parametrize(
    ("written", "hint"), [("de_DE", "de-DE"), ("deutsch", "en-GB"), ("d", "en-GB"), ("de--AT", "en-GB")]
)
def test_a_language_that_is_no_tag_is_refused(written: str, hint: str) -> None:
    assert hint in fault(f"language: {written}")


@pytest.mark.parametrize(
    "written", ["ftp://a.example/x", "//a.example/x", "a.example", "javascript:alert(1)", "https://", "https://[x/",
                "https://a.example:x/", "https://me:secret@a.example/", "https://a.example/a b", 'https://a.example/"x'],
)  # fmt: skip
def test_only_web_addresses_are_addresses(written: str) -> None:
    assert "24.md:3: canonical_url must be an address" in fault(f"canonical_url: '{written}'")
    assert "24.md:4: syndication must be an address" in fault(f"syndication:\n  - '{written}'")


def test_one_entry_is_a_list_too_and_repeated_ones_count_once() -> None:
    assert issue("syndication: https://a.example/1").syndication == ("https://a.example/1",)
    assert issue("tags: Netz, krasse links").tags == ("Netz", "krasse links")
    assert issue("tags: [Netz, netz, '#Netz', 24]").tags == ("Netz", "24")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("true", True), ("yes", True), ("false", False), ("off", False), ("now", "now"), ("NOW", "now")],
)
def test_federate_is_true_false_or_now(written: str, meant: object) -> None:
    assert issue(f"federate: {written}").federate == meant


def test_federate_refuses_other_words() -> None:
    assert fault("federate: later") == '24.md:3: federate must be true, false or now; it is "later"'


@pytest.mark.parametrize("number", ["-1", "1.5", "1000000", "9" * 5000, "٣"])
def test_a_number_out_of_range_is_refused(number: str) -> None:
    assert "24.md:3: number must be a whole number" in fault(f"number: {number}")


@pytest.mark.parametrize(
    "written", ["../x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a\\x.jpg", "C:x.jpg", "https://far.example/x.jpg",
                ".x.jpg", "_x.jpg", "a//x"],
)  # fmt: skip
def test_a_cover_lies_beside_the_file(written: str) -> None:
    """S118: path traversal through front matter."""
    assert "24.md:3: cover must be the name of a picture beside the file" in fault(f"cover: '{written}'")


def test_picture_names_are_tidied() -> None:
    assert picture_name("./a/u\u0308.jpg") == "a/ü.jpg"
    assert picture_in_text("Mein%20Bild.jpg?x#y") == "Mein Bild.jpg"
    assert picture_in_text("%2e%2e/x.jpg") is None
    assert picture_in_text("a%00.jpg") is None


def test_the_format_is_the_blogs_unless_the_issue_says_otherwise() -> None:
    raw = b"---\ntitle: x\n---\n"
    assert read_issue("a.md", raw, language="de", default_format="thread", timezone=BERLIN)[0].format == "thread"
    assert issue("format: Article").format == "article"


def test_the_digest_covers_the_file_and_its_pictures() -> None:
    whole = digest(b"text", {"a.jpg": "1", "b.jpg": "2"})
    assert whole == digest(b"text", {"b.jpg": "2", "a.jpg": "1"})
    others = [
        digest(b"text"),
        digest(b"text2", {"a.jpg": "1", "b.jpg": "2"}),
        digest(b"text", {"a.jpg": "1", "b.jpg": "3"}),
    ]
    assert whole not in others
    assert len({*others}) == 3


def test_texts_have_lengths() -> None:
    assert "24.md:2: title has 501 characters" in faults("title: " + "x" * 501)[0]
    assert "24.md:3: A tag has over 100 characters" in fault("tags: [" + "x" * 101 + "]")
    assert "24.md:3: teaser has 5001 characters" in fault("teaser: " + "x" * 5001)


_VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["2024-08-05", "now", "true", "[a, b]", "{a: b}", "5", "https://a.example/", "1e400", "'", "- a"]),
)


@given(st.lists(st.tuples(st.sampled_from([*KEYS, "x"]), _VALUES), max_size=8), st.booleans())
def test_any_values_make_an_issue_or_faults_with_lines(pairs: list[tuple[str, str]], quoted: bool) -> None:
    lines = [f"{key}: {repr(value) if quoted else value}" for key, value in pairs]
    try:
        found, warnings = read(*lines)
    except IssueFaults as refused:
        kept = list(refused.faults)
    else:
        kept = warnings
        assert found.title
        assert found.date is None or found.date.tzinfo is UTC
        f"{found}".encode()  # no half characters
    assert all(str(each).startswith("24.md:") and str(each).isprintable() for each in kept)
