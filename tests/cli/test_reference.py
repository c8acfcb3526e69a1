"""The manual's page of commands names each one there is, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.cli.table import COMMANDS, LATER

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_names_every_command() -> None:
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    named: set[str] = set()
    for cell in (line.split("|")[1] for line in page.splitlines() if line.startswith("| `")):
        for call in re.findall(r"`([^`]+)`", cell):
            first, *words = call.split()
            for one in first.split("/"):
                below = [word for word in words[:1] if re.fullmatch(r"[a-z/]+", word)]
                named |= {f"{one} {name}" for name in below[0].split("/")} if below else {one}
    assert named == set(COMMANDS)
    assert all(f"`{name}`" in page for name in LATER)


def test_every_page_that_is_linked_is_there() -> None:
    for page in [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]:
        prose = re.sub(r"```.*?```|`[^`\n]+`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if "://" not in target and not target.startswith(("#", "/", "mailto:")):
                path = page.parent / target.partition("#")[0]
                assert path.exists(), f"{page.relative_to(DOCS.parent)} links {target}"
