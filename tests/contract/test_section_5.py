"""The issue file: every sentence has its test, and those here that no other place holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.desks import Desk, letter

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "docs" / "reference" / "issue-file-tests.md"
NAMED = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_the_table_names_tests_that_exist(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_row_of_the_table_names_a_test() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 50
    assert [row for row in rows if "::test_" not in row] == []


async def test_the_date_is_that_of_the_first_publishing(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    first = await desk.row("24")
    await desk.publish({"24.md": letter(body="Anders.\n")})
    await desk.publish({"24.md": None})
    await desk.publish({"24.md": letter(body="Wieder da.\n")})
    last = await desk.row("24")
    assert first is not None
    assert last is not None
    assert last.date == first.date == first.published_at


@pytest.mark.parametrize("wish", ["note", "full", "thread", "article"])
async def test_each_issue_has_its_own_language(desk: Desk, wish: str) -> None:
    body = "# One\n\nHello.\n"
    await desk.publish({"24.md": letter(body=body, language="en-gb", format=wish), "25.md": letter(format=wish)})
    told = [activity["object"] for activity in await desk.told()]
    languages: dict[str, set[str]] = {"24": set(), "25": set()}
    for document in told:
        slug = document["url"].partition("#")[0][-2:]
        languages[slug] |= document["contentMap"].keys()
        assert [*document["contentMap"].values()] == [document["content"]]
    assert languages == {"24": {"en-GB"}, "25": {"de"}}


@pytest.mark.parametrize("wish", ["note", "full", "thread", "article"])
async def test_a_link_alone_on_a_line_is_a_link_everywhere(desk: Desk, wish: str) -> None:
    address = "https://videos.example/watch?v=1&t=2"
    await desk.publish({"24.md": letter(body=f"Vorher.\n\n{address}\n\nNachher.\n", format=wish)})
    row = await desk.row("24")
    assert row is not None
    contents = [str(activity["object"]["content"]) for activity in await desk.told()]
    for html in (row.page_html, "".join(contents)):
        assert 'href="https://videos.example/watch?v=1&amp;t=2"' in html
        assert "iframe" not in html


async def test_a_push_may_be_any_author_s_habit_and_each_survives_in_each_format(desk: Desk) -> None:
    """The one test for each habit is tests/issues/test_render.py; here all at once go the whole way to the wire."""
    body = (
        "Die KI-Freund*innen zahlen § 5 – 3 $ und 10 %.\n\n"
        "> Ein „Zitat“ mit\n>\n> - einem «Punkt»\n> - und ‚noch‘ einem\n\n"
        "Danach geht es “weiter”.\n\n---\n\n- Eins\n  - Darin\n\n" + "Wort " * 180 + "\n"
    )
    for number, wish in enumerate(("full", "thread", "article")):
        await desk.publish({f"{number}.md": letter(body=body, format=wish)})
        whole = "".join(str(activity["object"]["content"]) for activity in await desk.told())
        for said in ("KI-Freund*innen", "§ 5 – 3 $ und 10 %", "„Zitat“", "«Punkt»", "‚noch‘", "“weiter”", "Darin"):
            assert said in whole
        assert whole.count("Wort ") >= 179
        assert whole.index("<blockquote>") < whole.index("Danach")
