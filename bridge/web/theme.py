"""Template files -> pages; files in `DIR/theme/` replace our own, and a broken one never breaks a page.

`app` makes one `Templates`; `view` renders with it. A theme's template may begin with
`{% extends "built-in/issue.html" %}` and replace only blocks.
"""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from traceback import walk_tb

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)

from bridge.web.reasons import Reasons
from bridge.web.words import Words

log = logging.getLogger(__name__)

_TEMPLATES = Path(__file__).parent / "templates"
_STATIC = Path(__file__).parent / "static"
_STYLE = _STATIC / "style.css"

#: What Jinja calls our values in its messages, such as 'bridge.web.view.IssueView object'.
_OUR_CLASS = re.compile(r"'bridge\.[\w.]*?(\w+?)(?:View|Row)? object'")
_CURE = "Readers get Rundbrief's own page until this is mended and it starts again"

#: Our two scripts. No page needs one: the first comforts, the second is for other people's pages.
INTERACT_SCRIPT = (_STATIC / "interact.js").read_bytes()
EMBED_SCRIPT = (_STATIC / "embed.js").read_bytes()
ADMIN_STYLE = (_STATIC / "admin.css").read_bytes()
INTERACT_SCRIPT_URL = f"/static/interact.js?v={hashlib.sha256(INTERACT_SCRIPT).hexdigest()[:12]}"
ADMIN_STYLE_URL = f"/static/admin.css?v={hashlib.sha256(ADMIN_STYLE).hexdigest()[:12]}"


class Templates:
    """The templates and the stylesheet in use, and the words of the languages that were asked for."""

    def __init__(self, theme: Path | None = None) -> None:
        self._theme = theme.absolute() if theme is not None and theme.is_dir() else None
        own = FileSystemLoader(_TEMPLATES)
        self._own = _environment(ChoiceLoader([own, PrefixLoader({"built-in": own})]))
        self._themed = self._own
        if self._theme is not None:
            themed = FileSystemLoader(self._theme)
            self._themed = _environment(ChoiceLoader([themed, own, PrefixLoader({"built-in": own})]))
        self._words: dict[tuple[str, tzinfo], Words] = {}
        self._reasons: dict[tuple[str, tzinfo], Reasons] = {}
        self._faults: dict[str, None] = {}
        if self._theme is not None:
            self._look_through(self._theme)

    def render(self, name: str, *, words: Words, **values: object) -> str:
        """The page as text. What fails in a theme is noted with file and line, and our own page is given instead."""
        values |= {"_": words.say, "ngettext": words.count, "words": words, "style_url": self.style_url}
        values["admin_style_url"] = ADMIN_STYLE_URL
        if self._theme is not None:
            try:
                return self._themed.get_template(name).render(values)
            except Exception as fault:  # noqa: BLE001 - a theme is code of somebody else and may raise anything
                self._note(name, _told(fault, self._theme))
        return self._own.get_template(name).render(values)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the theme, as far as it was seen: each a file, a line and what is wrong there."""
        return tuple(self._faults)

    def _look_through(self, theme: Path) -> None:
        """Find what cannot be read as a template before a reader asks for it."""
        for path in _templates_in(theme):
            name = path.relative_to(theme).as_posix()
            try:
                self._themed.get_template(name)
            except (TemplateError, OSError, UnicodeDecodeError) as fault:
                self._note(name, _told(fault, theme))

    def _note(self, name: str, told: str) -> None:
        """Say once what is wrong: a page is made again and again."""
        if told not in self._faults:
            self._faults[told] = None
            log.error("the theme's %s is not used: %s. %s", name, told, _CURE)

    def words(self, language: str, zone: tzinfo) -> Words:
        """The words of a language, read once."""
        wanted = (language, zone)
        if wanted not in self._words:
            more = None if self._theme is None else self._theme / "locale"
            self._words[wanted] = Words(language, zone, more=more)
        return self._words[wanted]

    def reasons(self, language: str, zone: tzinfo) -> Reasons:
        """The stored reasons in a language, read once."""
        wanted = (language, zone)
        if wanted not in self._reasons:
            words = self.words(language, zone)
            self._reasons[wanted] = Reasons(words, words.catalogue("reasons"))
        return self._reasons[wanted]

    @cached_property
    def stylesheet(self) -> bytes:
        """The theme's `style.css`, else our own."""
        if self._theme is not None and (self._theme / "style.css").is_file():
            try:
                return (self._theme / "style.css").read_bytes()
            except OSError as fault:
                self._note("style.css", str(fault))
        return _STYLE.read_bytes()

    @cached_property
    def style_url(self) -> str:
        """The stylesheet's address; it changes with the content, so it may be cached for ever."""
        return f"/static/style.css?v={hashlib.sha256(self.stylesheet).hexdigest()[:12]}"


def _environment(loader: ChoiceLoader) -> Environment:
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _told(fault: Exception, theme: Path) -> str:
    """What is wrong with a theme, beginning with the file and line of its own where it went wrong."""
    place = ""
    if isinstance(fault, TemplateSyntaxError):
        place = f"{fault.filename or fault.name}:{fault.lineno}"
    else:
        for frame, line in walk_tb(fault.__traceback__):
            if Path(frame.f_code.co_filename).is_relative_to(theme):  # Jinja gives its templates' files and lines
                place = f"{frame.f_code.co_filename}:{line}"
    if not place:
        replaced = ", ".join(sorted(path.relative_to(theme).as_posix() for path in _templates_in(theme)))
        place = f"{theme} (which replaces {replaced})"
    if isinstance(fault, RecursionError):
        what = 'it takes itself; a template takes ours with {% extends "built-in/..." %}'
    elif isinstance(fault, TemplateNotFound):
        what = f"there is no template {fault.name}"
    elif isinstance(fault, TemplateError):
        what = _OUR_CLASS.sub(r"\1", fault.message or type(fault).__name__)
    else:
        what = f"{type(fault).__name__}: {fault}"
    return f"{place}: {' '.join(what.split())}"


def _templates_in(theme: Path) -> list[Path]:
    return [path for path in sorted(theme.rglob("*")) if path.suffix in (".html", ".xml") and path.is_file()]
