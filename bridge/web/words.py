"""The pages' own words, numbers and dates in a language, from the catalogues under `locale/`.

`view` gives a `Words` to every template. Another language is another file `locale/xx/LC_MESSAGES/rundbrief.po`,
here or in `DIR/theme/locale/`; catalogues are read as they are, so nothing has to be compiled.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time
from babel.messages import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from bridge.clock import wire_time

log = logging.getLogger(__name__)

BUILT_IN = Path(__file__).parent / "locale"
_FALLBACK = "en"
_UNREADABLE = (OSError, PoFileError, ValueError, LookupError)


class Words:
    """Words of one language, and times of one zone."""

    def __init__(self, language: str, zone: tzinfo = UTC, *, more: Path | None = None) -> None:
        """Read the catalogue of a BCP 47 language, `more` before our own; without one, English."""
        folders = (BUILT_IN,) if more is None else (more, BUILT_IN)
        self.language, self._translations = _translations(language, folders)
        self._locale = _locale(language if language.partition("-")[0] == self.language else self.language)
        self._zone = zone
        self._folders, self._names = folders, _names(language)
        self._days = lru_cache(maxsize=512)(self._day)
        self._minutes = lru_cache(maxsize=1440)(self._minute)

    def say(self, message: str, **values: object) -> str:
        """The message in this language, with `%(name)s` filled in."""
        said = self._translations.gettext(message)
        return said % values if values else said

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """The message in the form that the number needs; `%(count)s` is the number as the language writes it."""
        values["count"] = format_decimal(number, locale=self._locale)
        return self._translations.ngettext(one, many, number) % values

    def catalogue(self, name: str) -> dict[str, str]:
        """Every message of another catalogue, `xx/LC_MESSAGES/NAME.po`, with what it is in this language."""
        found: dict[str, str] = {}
        for path in (folder / language for language in self._names for folder in self._folders):
            for message in _messages(path / "LC_MESSAGES" / f"{name}.po"):
                if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string:
                    found.setdefault(message.id, message.string)
        return found

    def date(self, moment: datetime) -> str:
        """The day in the blog's zone: `5. August 2024`."""
        there = self._there(moment)
        return self._days(there.year, there.month, there.day)

    def date_time(self, moment: datetime) -> str:
        """The day and the minute in the blog's zone: `5. August 2024, 09:00`."""
        there = self._there(moment)
        return f"{self._days(there.year, there.month, there.day)}, {self._minutes(there.hour, there.minute)}"

    def span(self, time: timedelta) -> str:
        """A length of time, in the unit that fits: `4,9 Sekunden`."""
        seconds = time.total_seconds()
        for unit, long in (("second", 120), ("minute", 7200)):
            if seconds < long:
                number = round(seconds, 1) if unit == "second" else round(seconds / 60)
                return format_unit(number, unit, locale=self._locale)
        return format_unit(round(seconds / 3600), "hour", locale=self._locale)

    def year(self, moment: datetime) -> int:
        """The year in the blog's zone."""
        return self._there(moment).year

    @staticmethod
    def iso(moment: datetime) -> str:
        """The moment for `<time datetime>`, in UTC."""
        return wire_time(moment)

    @staticmethod
    def absolute(url: str, origin: str) -> str:
        """An address of ours with the origin in front, as other sites need it."""
        return origin + url if url.startswith("/") else url

    @staticmethod
    def without_scheme(url: str) -> str:
        """An address as people read it."""
        return url.removeprefix("https://").removeprefix("http://").rstrip("/")

    @staticmethod
    def open_graph_locale(language: str) -> str:
        """A BCP 47 language as Open Graph writes it, with the territory it needs: `de` is `de_DE`; "" if unknown."""
        return _open_graph_locale(language)

    @staticmethod
    def direction(language: str) -> str:
        """Which way a BCP 47 language is written, as HTML's `dir` says it: `rtl` or `ltr`."""
        return _direction(language)

    def _there(self, moment: datetime) -> datetime:
        try:
            return moment.astimezone(self._zone)
        except OverflowError:  # the last hours of year 9999
            return moment

    def _day(self, year: int, month: int, day: int) -> str:
        return format_date(datetime(year, month, day, tzinfo=UTC), format="long", locale=self._locale)

    def _minute(self, hour: int, minute: int) -> str:
        return format_time(datetime(2000, 1, 1, hour, minute, tzinfo=UTC), format="short", locale=self._locale)


def _translations(language: str, folders: Sequence[Path]) -> tuple[str, NullTranslations]:
    """The first language that has a catalogue; what an earlier folder leaves out, the later one says."""
    for name in (*_names(language), _FALLBACK):
        paths = [folder / name / "LC_MESSAGES" / "rundbrief.po" for folder in folders]
        found = [catalogue for path in paths if path.is_file() and (catalogue := _read(path)) is not None]
        if found:
            for catalogue, next_one in pairwise(found):
                catalogue.add_fallback(next_one)
            return name.partition("_")[0], found[0]
    return _FALLBACK, NullTranslations()


def _names(language: str) -> tuple[str, ...]:
    """The folders a language may have, the nearest first: `de_AT`, `de`. Nothing that could be a path of its own."""
    names = dict.fromkeys((language.replace("-", "_"), language.partition("-")[0].lower()))
    return tuple(name for name in names if name.isidentifier())


def _read(path: Path) -> GNUTranslations | None:
    compiled = BytesIO()
    try:
        with path.open("rb") as text:
            write_mo(compiled, read_po(text, abort_invalid=True))
        compiled.seek(0)
        return GNUTranslations(compiled)
    except _UNREADABLE as fault:
        log.error("the catalogue %s cannot be read and is passed over: %s", path, fault)
        return None


@lru_cache(maxsize=64)
def _open_graph_locale(language: str) -> str:
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return ""
    if locale.territory is None:
        likely = get_global("likely_subtags").get(str(locale))
        locale = Locale.parse(likely) if likely else locale
    return f"{locale.language}_{locale.territory}" if (locale.territory or "").isalpha() else ""


@lru_cache(maxsize=64)
def _direction(language: str) -> str:
    return "rtl" if _locale(language).character_order == "right-to-left" else "ltr"


def _messages(path: Path) -> list[Message]:
    if not path.is_file():
        return []
    try:
        with path.open("rb") as text:
            return list(read_po(text, abort_invalid=True))
    except _UNREADABLE as fault:
        log.error("the catalogue %s cannot be read and is passed over: %s", path, fault)
        return []


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language.partition("-")[0] if len(language) in (2, 3) else _FALLBACK)
