"""Pieces of inline text with open delimiter runs -> the same with `em`, `strong` and `del` elements.

`markdown_inline` makes the pieces and calls this for a block and for each link text. The matching is CommonMark's
(section 6.2, with its rule of three), the search for an opener is bounded, so that the time is linear (S120).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from bridge.issues.rendered import Hashtag, Mention

#: Emphasis inside emphasis; deeper marks stand as they were typed.
_MAX_OPEN = 24
_MARKS = {("*", 1): "em", ("_", 1): "em", ("*", 2): "strong", ("_", 2): "strong", ("~", 2): "del"}


@dataclass(frozen=True, slots=True)
class Token:
    """A finished element. `found`: what an automatic link stands for (True: an address), None when it was written."""

    element: Element
    source: str
    found: Mention | Hashtag | bool | None = None

    @property
    def automatic(self) -> bool:
        """Whether it is plain text again when it turns out to stand inside a link."""
        return self.found is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiter:
    """A run of `*`, `_` or `~` that may open or close emphasis."""

    mark: str
    size: int
    opens: bool
    closes: bool

    @property
    def source(self) -> str:
        return self.mark * self.size


Piece = str | Token | Delimiter


@dataclass(slots=True)
class _Frame:
    """An opener that waits for its closer, with the pieces since."""

    delimiter: Delimiter
    size: int
    inside: list[str | Token | _Wrapped]


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """Pieces inside one emphasis element."""

    tag: str
    inside: Sequence[str | Token | _Wrapped]


Settled = str | Token | _Wrapped


def with_emphasis(pieces: Sequence[Piece]) -> list[Settled]:
    """Match openers and closers; what finds no partner stays text."""
    settled: list[Settled] = []
    frames: list[_Frame] = []
    for piece in pieces:
        if not isinstance(piece, Delimiter):
            (frames[-1].inside if frames else settled).append(piece)
            continue
        left = _close(piece, frames, settled) if piece.closes else piece.size
        if left and piece.opens and len(frames) < _MAX_OPEN:
            frames.append(_Frame(piece, left, []))
        elif left:
            (frames[-1].inside if frames else settled).append(piece.mark * left)
    _give_up(frames, 0, settled)
    return settled


def _close(closer: Delimiter, frames: list[_Frame], settled: list[Settled]) -> int:
    """Wrap what the closer ends; say how many of its marks are left over."""
    left = closer.size
    while left:
        at = next((i for i in reversed(range(len(frames))) if _matches(frames[i], closer)), None)
        if at is None:
            break
        frame = frames[at]
        _give_up(frames, at + 1, settled)
        used = 2 if frame.size >= 2 and left >= 2 else 1
        wrapped = _Wrapped(_MARKS[closer.mark, used], frame.inside)
        frame.size -= used
        left -= used
        if frame.size:
            frame.inside = [wrapped]
        else:
            frames.pop()
            (frames[-1].inside if frames else settled).append(wrapped)
    return left


def _matches(frame: _Frame, closer: Delimiter) -> bool:
    opener = frame.delimiter
    if opener.mark != closer.mark:
        return False
    both = (opener.opens and opener.closes) or (closer.opens and closer.closes)
    return not (both and (opener.size + closer.size) % 3 == 0 and (opener.size % 3 or closer.size % 3))


def _give_up(frames: list[_Frame], begin: int, settled: list[Settled]) -> None:
    """Turn the frames from `begin` on back into text, inside the frame below them."""
    below = frames[begin - 1].inside if begin else settled
    for frame in frames[begin:]:
        below.append(frame.delimiter.mark * frame.size)
        below.extend(frame.inside)
    del frames[begin:]


def fill(element: Element, pieces: Sequence[Settled], note: Callable[[Token], None]) -> None:
    """Put the pieces into `element` in front of the children it has; `note` hears of each element in its order."""
    texts: list[str] = []
    last: Element | None = None
    count = 0
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        _set_text(element, last, texts)
        if isinstance(piece, Token):
            last = piece.element
            note(piece)
        else:
            last = Element(piece.tag)
            fill(last, piece.inside, note)
        element.insert(count, last)
        count += 1
    _set_text(element, last, texts)


def _set_text(element: Element, last: Element | None, texts: list[str]) -> None:
    if last is None:
        element.text = "".join(texts)
    else:
        last.tail = "".join(texts)
    texts.clear()
