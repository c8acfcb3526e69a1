"""Template files -> pages; files in `DIR/theme/` stand before our own, and one that is broken never breaks a page.

`app` makes one `Templates`; `view` renders with it. A theme's template may begin with
`{% extends "built-in/issue.html" %}` and replace only blocks.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import tzinfo
from functools import cached_property
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateError

from bridge.web.reasons import Reasons
from bridge.web.words import Words

log = logging.getLogger(__name__)

_TEMPLATES = Path(__file__).parent / "templates"
_STATIC = Path(__file__).parent / "static"
_STYLE = _STATIC / "style.css"

#: Our two scripts. No page needs one: the first comforts, the second is for other people's pages.
INTERACT_SCRIPT = (_STATIC / "interact.js").read_bytes()
EMBED_SCRIPT = (_STATIC / "embed.js").read_bytes()
ADMIN_STYLE = (_STATIC / "admin.css").read_bytes()
INTERACT_SCRIPT_URL = f"/static/interact.js?v={hashlib.sha256(INTERACT_SCRIPT).hexdigest()[:12]}"
ADMIN_STYLE_URL = f"/static/admin.css?v={hashlib.sha256(ADMIN_STYLE).hexdigest()[:12]}"


class Templates:
    """The templates and the stylesheet in use, and the words of the languages that were asked for."""

    def __init__(self, theme: Path | None = None) -> None:
        self._theme = theme if theme is not None and theme.is_dir() else None
        own = FileSystemLoader(_TEMPLATES)
        self._own = _environment(ChoiceLoader([own, PrefixLoader({"built-in": own})]))
        self._themed = self._own
        if self._theme is not None:
            themed = FileSystemLoader(self._theme)
            self._themed = _environment(ChoiceLoader([themed, own, PrefixLoader({"built-in": own})]))
        self._words: dict[tuple[str, tzinfo], Words] = {}
        self._reasons: dict[tuple[str, tzinfo], Reasons] = {}

    def render(self, name: str, *, words: Words, **values: object) -> str:
        """The page as text. A theme that fails is logged with file and line, and our own page is given instead."""
        values |= {"_": words.say, "ngettext": words.count, "words": words, "style_url": self.style_url}
        values["admin_style_url"] = ADMIN_STYLE_URL
        if self._theme is not None:
            try:
                return self._themed.get_template(name).render(values)
            except Exception as fault:  # noqa: BLE001 - a theme is code of somebody else and may raise anything
                log.error("the theme's %s is not used: %s", name, _place(fault))
        return self._own.get_template(name).render(values)

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
                log.error("the theme's style.css is not used: %s", fault)
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


def _place(fault: Exception) -> str:
    if isinstance(fault, TemplateError) and getattr(fault, "lineno", None):
        return (
            f"{getattr(fault, 'filename', None) or getattr(fault, 'name', '')}:{getattr(fault, 'lineno', '')}: {fault}"
        )
    line = fault.__traceback__
    while line is not None and line.tb_next is not None:
        line = line.tb_next
    where = "" if line is None else f"{line.tb_frame.f_code.co_filename}:{line.tb_lineno}: "
    return f"{where}{type(fault).__name__}: {fault}"
