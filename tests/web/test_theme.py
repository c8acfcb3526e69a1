"""A theme changes what it wants; a broken one changes nothing and is named."""

from __future__ import annotations

import logging
import re
from datetime import UTC
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from bridge.web.theme import Templates
from bridge.web.view import BlogView, render_missing

BUILT_IN = Path(__file__).parents[2] / "bridge" / "web" / "templates"


def test_a_theme_replaces_a_block_and_keeps_the_rest(tmp_path: Path, blog: BlogView) -> None:
    (tmp_path / "base.html").write_text(
        '{% extends "built-in/base.html" %}{% block colophon %}<footer>von {{ blog.title }}</footer>{% endblock %}'
    )
    page = render_missing(Templates(tmp_path), blog)

    assert "<footer>von Seltsame Funde</footer>" in page
    assert "Hier ist nichts" in page


@pytest.mark.parametrize("broken", ["{% if %}", "{{ blog.nothing }}", "{{ 1 / 0 }}", '{% include "none.html" %}'])
def test_a_broken_template_gives_the_built_in_page_and_a_log_line(
    tmp_path: Path, blog: BlogView, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "missing.html").write_text("\n" + broken)

    with caplog.at_level(logging.ERROR):
        page = render_missing(Templates(tmp_path), blog)

    assert page == render_missing(Templates(), blog)
    assert "missing.html" in caplog.text
    assert caplog.text.count("\n") == 1


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
