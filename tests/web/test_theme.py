"""A theme changes what it wants; a broken one changes nothing and is named."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from bridge.conversation.comment import Person
from bridge.conversation.reaction import Reaction, Tally
from bridge.web.theme import Templates
from bridge.web.view import BlogView, ConversationView, IssueView, render_issue, render_missing

LIKE = Reaction(
    kind="like",
    person=Person(actor_id="https://far.example/a", name="Ann", handle="", url="https://far.example/a"),
    at=datetime(2024, 8, 5, tzinfo=UTC),
)
BUILT_IN = Path(__file__).parents[2] / "bridge" / "web" / "templates"


def test_a_theme_replaces_a_block_and_keeps_the_rest(tmp_path: Path, blog: BlogView) -> None:
    (tmp_path / "base.html").write_text(
        '{% extends "built-in/base.html" %}{% block colophon %}<footer>von {{ blog.title }}</footer>{% endblock %}'
    )
    page = render_missing(Templates(tmp_path), blog)

    assert "<footer>von Seltsame Funde</footer>" in page
    assert "Hier ist nichts" in page


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("{% if %}", "missing.html:2: Expected an expression, got 'end of statement block'"),
        ("{{ blog.title|shout }}", "missing.html:2: No filter named 'shout'."),
        ("{{ blog.nothing }}", "missing.html:2: Blog has no attribute 'nothing'"),
        ("{{ nothing }}", "missing.html:2: 'nothing' is undefined"),
        ("{{ 1|truncate(3) }}", "missing.html:2: TypeError: object of type 'int' has no len()"),
        ("{{ 1 / 0 }}", "missing.html:2: ZeroDivisionError: division by zero"),
        ('{% include "none.html" %}', "missing.html:2: there is no template none.html"),
        ('{% extends "missing.html" %}', "missing.html:2: it takes itself"),
    ],
)
def test_a_broken_template_gives_the_built_in_page_and_one_line_that_names_file_line_and_cure(
    tmp_path: Path, blog: BlogView, broken: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "missing.html").write_text("\n" + broken)

    with caplog.at_level(logging.ERROR):
        templates = Templates(tmp_path)
        page = render_missing(templates, blog)
        render_missing(templates, blog)

    assert page == render_missing(Templates(), blog)
    assert f"the theme's missing.html is not used: {tmp_path}/{said}" in caplog.text
    assert "until this is mended" in caplog.text
    assert caplog.text.count("\n") == 1
    assert [fault.startswith(f"{tmp_path}/{said}") for fault in templates.faults] == [True]


def test_a_file_that_no_template_can_be_read_from_is_named_before_a_reader_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "front.html").write_text("{% block x %}")
    (tmp_path / "latin.html").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "notes.txt").write_text("{% if %}")
    with caplog.at_level(logging.ERROR):
        templates = Templates(tmp_path)
    assert "admin/front.html:1:" in templates.faults[0]
    assert "latin.html" in templates.faults[1]
    assert len(templates.faults) == caplog.text.count("\n") == 2


def test_the_file_that_broke_is_named_not_the_page_that_it_is_part_of(tmp_path: Path, blog: BlogView) -> None:
    (tmp_path / "base.html").write_text(
        '{% extends "built-in/base.html" %}\n{% block colophon %}{{ oops }}{% endblock %}'
    )
    templates = Templates(tmp_path)
    assert templates.faults == ()
    assert render_missing(templates, blog) == render_missing(Templates(), blog)
    assert templates.faults == (f"{tmp_path}/base.html:2: 'oops' is undefined",)


def test_what_breaks_in_a_template_of_ours_names_what_the_theme_replaces(
    tmp_path: Path, blog: BlogView, issue: IssueView
) -> None:
    (tmp_path / "people.html").write_text("{% macro face(person) %}{% endmacro %}")
    templates = Templates(tmp_path)
    tally = ConversationView(tally=Tally(likes=(LIKE,)))
    assert render_issue(templates, blog, issue, tally) == render_issue(Templates(), blog, issue, tally)
    assert [fault.partition(": ")[0] for fault in templates.faults] == [f"{tmp_path} (which replaces people.html)"]
    assert "faces" in templates.faults[0]


def test_a_themes_stylesheet_has_an_address_of_its_own(tmp_path: Path, blog: BlogView) -> None:
    own = Templates()
    assert own.stylesheet.startswith(b"/* Rundbrief")
    (tmp_path / "style.css").write_text("body { color: teal }")

    themed = Templates(tmp_path)

    assert themed.stylesheet == b"body { color: teal }"
    assert themed.style_url != own.style_url
    assert themed.style_url in render_missing(themed, blog)


def test_words_are_read_once() -> None:
    templates = Templates()
    assert templates.words("de", UTC) is templates.words("de", UTC)


def test_the_documented_templates_and_blocks_are_those_there_are() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "theme.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in guide.splitlines() if line.startswith("| `")]
    named = {name: blocks for names, blocks in rows for name in re.findall(r"`(\w+\.html)`", names)}
    assert set(named) == {path.name for path in BUILT_IN.glob("*.html")} - {"login.html", "preview.html"}
    environment = Environment(loader=FileSystemLoader(BUILT_IN), autoescape=True)
    known = set(environment.get_template("base.html").blocks) | set(environment.get_template("issue.html").blocks)
    told = {block for name in ("base.html", "issue.html") for block in re.findall(r"`(\w+)`", named[name])}
    assert told - {"body"} == known


def test_the_documented_change_of_one_block_works(tmp_path: Path, blog: BlogView) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "theme.md").read_text(encoding="utf-8")
    (tmp_path / "base.html").write_text(guide.split("```jinja\n")[1].split("```")[0], encoding="utf-8")
    assert "Kiel" in render_missing(Templates(tmp_path), blog)
