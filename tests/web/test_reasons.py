"""Every reason that is stored, and all that `why` says, is said in the language of the pages."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.web.reasons import FIELDS, Reasons
from bridge.web.words import Words
from tests.support.sentences import Hole, Sentence, sentences_of

BRIDGE = Path(__file__).parent.parent.parent / "bridge"

#: What of the code ends in a stored reason or on an admin page: every text in it that reads like a sentence counts.
WRITERS = (
    "accounts.py", "activity", "conversation/approval.py", "delivery", "inbox", "linkback", "outbox/answer.py",
    "pace.py", "remote", "repair", "signature", "urls.py", "web/admin/deeds.py",
)  # fmt: skip
#: Files of those that write no reasons, and why.
ELSEWHERE = {
    "activity/actor.py": "HTML and JSON for others",
    "activity/ids.py": "faults of config.toml",
    "activity/post.py": "HTML for others",
    "activity/webfinger.py": "answers to strangers that are not kept",
    "linkback/markup.py": "names of elements",
    "linkback/own.py": "words of posts",
    "linkback/report.py": "printed by `issues SLUG` only",
    "linkback/source_page.py": "names of elements",
    "linkback/xml_rpc.py": "answers to strangers that are not kept",
    "remote/peer_clocks.py": "log",
    "signature/key_files.py": "faults when a process starts",
}
#: Single texts that are no reasons, by how they begin.
NO_REASONS = {
    "accounts.py": ("must ", "{text!r} is neither", "{text!r} is the address of a server", "the host of "),
    "activity/collection.py": ("no such page",),
    "activity/quirks.py": ("Accept Add",),
    "inbox/arrival.py": (
        "it neither answers, quotes, links nor names anything of this blog;",
        "it neither answers, quotes, links nor names anything of this blog, and",
    ),
    "inbox/authenticate.py": ("a VerifiedActivity is made",),
    "inbox/moderate.py": ("{counted(len(said), 'comment')}, ", "like or boost", "likes and boosts"),
    "linkback/send.py": ("text/html, application/",),
    "linkback/receive.py": ("source and target are", "the source is", "the target "),
    "outbox/answer.py": ("<p>",),
    "remote/documents.py": ("application/", "of no type"),
    "remote/door.py": ("the door is not open",),
    "remote/webfinger.py": ("application/",),
    "repair/crawl.py": ("{address}: more than", "{host}: enough was asked"),
    "signature/cavage.py": ("a body is signed with both",),
    "signature/multibase.py": ("not base58btc",),
    "signature/rfc9421.py": ("a body is signed with both",),
    "signature/structured_field.py": ("a structured string is",),
    "web/admin/deeds.py": ("no such issue",),
}  # fmt: skip
#: Parts that a function puts together whose sentences cannot be read off: EXAMPLES has them whole.
PARTS = {
    "inbox/authenticate.py": (
        "the key cannot be had", "the actor cannot be had", "the actor's server does not confirm",
        "not the actor's, and its origin does not",
    ),
    "inbox/handlers/relations.py": ("no words",),
    "inbox/why.py": (
        "{len(follow)} of its people follows", "{counted(", "public key", "like or boost", "likes and boosts",
    ),
}  # fmt: skip

EXAMPLES = {
    "It came as a mention. Its text holds 'Geld', which waits for the author.": (
        "Es kam als Erwähnung. Im Text steht „Geld“; darum wartet es auf dich."
    ),
    "it names a post that could not be fetched: https://far.example/1 answered 404": (
        "es nennt einen Beitrag, der nicht zu bekommen war: https://far.example/1 antwortet mit 404"
    ),
    "POST https://far.example/inbox: no connection: [Errno 111] Connect call failed": (
        "POST https://far.example/inbox: keine Verbindung: [Errno 111] Connect call failed"
    ),
    "GET https://far.example/1: no connection within 5 s (a moment ago)": (
        "GET https://far.example/1: keine Verbindung in 5 Sekunden (vor einem Augenblick)"
    ),
    "'ftp://far.example' is no http or https address": "„ftp://far.example“ ist keine http- oder https-Adresse",
    "the server has not answered since 2024-08-05": "der Server hat seit dem 5. August 2024 nicht geantwortet",
    "it answered 503: Bitte später": "der Server antwortet mit 503: Bitte später",
    "key: the key cannot be had: https://far.example/u answered 500": (
        "key: der Schlüssel ist nicht zu bekommen: https://far.example/u antwortet mit 500"
    ),
    "key: the actor cannot be had: https://far.example/u answered 500": (
        "key: das Konto ist nicht zu bekommen: https://far.example/u antwortet mit 500"
    ),
    "key: the actor's server does not confirm that it is gone: https://far.example/u answered 500": (
        "key: der Server des Kontos bestätigt nicht, dass es das Konto nicht mehr gibt: "
        "https://far.example/u antwortet mit 500"
    ),
    "key: not the actor's, and its origin does not confirm it: https://far.example/u answered 500": (
        "key: nicht der des Kontos, und dessen Server bestätigt es nicht: https://far.example/u antwortet mit 500"
    ),
    "a report for the author about https://links.example/1, https://links.example/2: no words": (
        "eine Meldung an dich zu https://links.example/1, https://links.example/2, ohne Worte"
    ),
    "a report for the author about : Spam: das da": "eine Meldung an dich: Spam: das da",
    # What `why` says.
    "2024-08-05 22:30:00 UTC a new post by https://far.example/u: ignored. The post is not by its sender, or not from "
    "the sender's server.": (
        "6. August 2024, 00:30: neuer Beitrag von https://far.example/u – nicht beachtet. Der Beitrag ist nicht vom "
        "Absender oder nicht von dessen Server."
    ),
    "2024-08-05 22:30:00 UTC an activity of the type Listen by somebody who claims to be https://far.example/u: "
    "bad-signature, and was told 401. The check that failed is “date”: There is no Date header. It came 1 more time.": (
        "6. August 2024, 00:30: eine Nachricht der Art Listen von jemandem, der sich als https://far.example/u ausgibt "
        "– falsche Unterschrift; die Antwort war 401. Woran es scheiterte, ist „date“: Die Kopfzeile Date fehlt. Es "
        "kam noch ein weiteres Mal."
    ),
    "2024-08-05 22:30:00 UTC a webmention, private: https://far.example/1": (
        "6. August 2024, 00:30: Webmention, privat: https://far.example/1"
    ),
    "This is a quote by Mia (@mia@far.example) under “Der erste Brief”, here since 2024-08-05 22:30:00 UTC.": (
        "Das ist ein Zitat von Mia (@mia@far.example) unter „Der erste Brief“, hier seit dem 6. August 2024, 00:30."
    ),
    "Held of https://far.example/u: its profile with the name “Mia”, 1 public key, the address of a picture.": (
        "Von https://far.example/u ist hier das Profil: der Name „Mia“, ein öffentlicher Schlüssel, "
        "die Adresse eines Bildes."
    ),
    "From far.example there is on record: 3 ignored, 2 shown.": (
        "Von far.example steht im Protokoll: 3 nicht beachtet, 2 gezeigt."
    ),
    "1 of its people follows the blog.": "Eine Person von dort folgt dem Blog.",
    "2 likes and boosts.": "2-mal gelikt oder geteilt.",
    "1 like or boost.": "Einmal gelikt oder geteilt.",
    "7 lines of the record:": "7 Zeilen im Protokoll:",
}  # fmt: skip


@pytest.fixture(scope="module")
def german() -> Reasons:
    return reasons("de")


def reasons(language: str, more: Path | None = None) -> Reasons:
    words = Words(language, ZoneInfo("Europe/Berlin"), more=more)
    return Reasons(words, words.catalogue("reasons"))


@pytest.mark.parametrize("english", EXAMPLES)
def test_a_stored_reason_is_said_in_german(german: Reasons, english: str) -> None:
    assert german.say(english) == EXAMPLES[english]


def test_every_sentence_that_ends_in_a_reason_has_a_german_one(german: Reasons) -> None:
    """Whoever writes a new reason writes `locale/de/LC_MESSAGES/reasons.po`, too."""
    english = [
        f"{path.relative_to(BRIDGE)}:{sentence.line}: {sentence}"
        for path in written_by(*WRITERS)
        for sentence in sentences_of(path.read_text())
        if not is_known(german, sentence) and not is_listed(path, sentence)
    ]
    assert english == []


def test_whatever_else_is_called_a_reason_has_a_german_one(german: Reasons) -> None:
    """Elsewhere only what is written as `reason=...` or `"reason": ...` is one."""
    found = [
        (f"{path.relative_to(BRIDGE)}:{sentence.line}: {sentence}", sentence)
        for path in written_by(".")
        if str(path.relative_to(BRIDGE)) not in ELSEWHERE
        for sentence in sentences_of(path.read_text())
        if sentence.is_reason and not is_listed(path, sentence)
    ]
    assert len(found) > 50
    assert [place for place, sentence in found if not is_known(german, sentence)] == []


def test_nothing_is_listed_as_no_reason_that_is_gone() -> None:
    every = {str(path.relative_to(BRIDGE)): sentences_of(path.read_text()) for path in written_by(*WRITERS)}
    assert [name for name in ELSEWHERE if not every.get(name)] == []
    gone = [
        f"{name}: {start}"
        for listed in (NO_REASONS, PARTS)
        for name, starts in listed.items()
        for start in starts
        if not any(str(sentence).startswith(start) for sentence in every[name])
    ]
    assert gone == []


def written_by(*places: str) -> Iterator[Path]:
    for place in places:
        path = BRIDGE / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def is_listed(path: Path, sentence: Sentence) -> bool:
    name = str(path.relative_to(BRIDGE))
    return name in ELSEWHERE or str(sentence).startswith((*NO_REASONS.get(name, ()), *PARTS.get(name, ())))


def is_known(german: Reasons, sentence: Sentence) -> bool:
    """Whether it is said in German with something in its holes."""
    ways = itertools.product(*[fillings(part) if isinstance(part, Hole) else (part,) for part in sentence.parts])
    return any(german.say("".join(way)) is not None for way in itertools.islice(ways, 200))


#: What a hole may hold, by the expression that fills it.
_FILLINGS = (
    (re.compile(r"!r$"), ("'x'",)),
    (re.compile(r"%Y-%m-%d$"), ("2024-08-05",)),
    (re.compile(r"^_when\("), ("2024-08-05 22:30:00 UTC",)),
    (re.compile(r"^name_of\("), ("a new post",)),
    (re.compile(r"kind$"), ("reply", "like", "boost")),
    (re.compile(r"verdict|state"), ("shown",)),
)


def fillings(hole: Hole) -> tuple[str, ...]:
    for pattern, values in _FILLINGS:
        if pattern.search(f"{hole.code}{hole.form}"):
            return values
    return ("https://far.example/1", "7")


def test_texts_are_found_as_the_code_puts_them_together() -> None:
    source = '''
"""No docstring is a reason."""
NOTHING = "nothing that we know"
def where(note):
    if note:
        return f"it answers {note.parent}, which is not here"
    return "it answers nothing at all"
def effect(tx, is_far):
    """Nor is this one."""
    log.info("and no log is one: %s", tx)
    told = "; it stays far away" if is_far else ""
    keep(tx, reason=f"moved to {tx.id}{told}")
    keep(tx, f"{NOTHING}; it stays so")
    keep(tx, {"reason": "said " + ("so often" if is_far else "but once")})
    return Ignored(reason=f"{where(tx)}!")
'''
    found = {str(sentence): sentence.is_reason for sentence in sentences_of(source)}
    assert found == {
        "nothing that we know; it stays so": False,
        "it answers {note.parent}, which is not here": False,
        "it answers nothing at all": False,
        "moved to {tx.id}; it stays far away": True,
        "moved to {tx.id}": True,
        "said so often": True,
        "said but once": True,
        "it answers {note.parent}, which is not here!": True,
        "it answers nothing at all!": True,
    }


def test_what_others_said_stays_as_they_said_it(german: Reasons) -> None:
    """Also where it looks like a reason of ours, or like a field of a template."""
    assert german.say("it answered 500: <b>%(why)s %s {x}</b>") == "der Server antwortet mit 500: <b>%(why)s %s {x}</b>"
    assert german.say("it answered 500: did not follow") == "der Server antwortet mit 500: did not follow"
    assert (
        german.say("it names a post that is not there: so what?")
        == "es nennt einen Beitrag, den es nicht gibt: so what?"
    )


@pytest.mark.parametrize(
    "sentence", ["", " ", "The sun shines.", "far.example: so what?", "the server has not answered since 2024-13-41"]
)
def test_what_fits_no_template_is_left_as_it_stands(german: Reasons, sentence: str) -> None:
    assert german.say(sentence) is None


def test_a_language_without_a_catalogue_leaves_the_sentences_as_they_stand() -> None:
    assert [reasons(language).say("did not follow") for language in ("en", "tlh", "../../etc")] == [None, None, None]
    assert reasons("de-AT").say("did not follow") == "folgte nicht"


@pytest.mark.parametrize(
    "piece",
    [
        "a: ", "https://x.example ", "it answered 1: ", "' ", "\"'", " (a moment ago)", "2024-08-05 22:30:00 UTC ",
        "It came as a mention. ", "Edited by its author. ", "a report for the author about , ", "x", "7", ".", "\n",
        ", ", "%(why)s",
    ],
)  # fmt: skip
def test_hostile_texts_are_read_in_no_time(german: Reasons, piece: str) -> None:
    """One that had to be tried in every way would never end, and this test with it."""
    for text in (piece * (15_000 // len(piece)), f"it answers {piece * (14_000 // len(piece))}, which is not here."):
        german.say(text)
    assert german.say(f"it answered 500: {piece * 16_000}") is None, "too long to be looked at"


def test_a_theme_may_say_it_in_other_words_and_in_other_languages(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    dutch = f'{head}msgid "the author blocks %(server)s"\nmsgstr "je blokkeert %(server)s"\n\n'
    wrong = 'msgid "it answered %(number)s"\nmsgstr "antwoordt %(nummer)s"\n'
    austrian = f'{head}msgid "did not follow"\nmsgstr "ist nicht nachgegangen"\n'
    for language, text in (("nl", dutch + wrong), ("de", austrian)):
        file = tmp_path / language / "LC_MESSAGES" / "reasons.po"
        file.parent.mkdir(parents=True)
        file.write_text(text)

    with caplog.at_level(logging.ERROR):
        assert reasons("nl-BE", tmp_path).say("the author blocks far.example") == "je blokkeert far.example"
        assert reasons("nl", tmp_path).say("it answered 500") is None
    assert "antwoordt" in caplog.text
    german = reasons("de", tmp_path)
    assert [german.say(said) for said in ("did not follow", "no longer a follower")] == [
        "ist nicht nachgegangen",
        "folgt nicht mehr",
    ]


def test_the_german_templates_name_fields_that_are_known() -> None:
    catalogue = Words("de").catalogue("reasons")
    fields = {english: re.findall(r"%\((\w+)\)s", english) for english in catalogue}
    assert len(catalogue) > 400
    assert {name for names in fields.values() for name in names} - FIELDS.keys() == set()
    assert [english for english, names in fields.items() if len(set(names)) < len(names)] == []
    assert [
        english for english, said in catalogue.items() if set(re.findall(r"%\((\w+)\)s", said)) - set(fields[english])
    ] == []
