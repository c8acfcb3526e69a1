"""A preview -> a terminal: the page's text, and beside it each post as Mastodon shows it."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bridge.activity.ids import Blog
from bridge.cli.prose import Prose
from bridge.outbox.mastodon import Post
from bridge.outbox.preview import Preview
from bridge.plurals import counted

_BESIDE = 100  #: columns of a terminal that has room for both


def preview_screen(shown: Preview, blog: Blog, console: Console) -> None:
    """Print it."""
    page = Panel(
        Group(Text(shown.issue.title, style="bold"), Text(), Prose(shown.rendered.page_html)),
        title=Text(f"the page: {blog.addresses.page(shown.issue.slug)}"),
        title_align="left",
    )
    posts: list[RenderableType] = [
        _post(post, number, len(shown.posts), blog) for number, post in enumerate(shown.posts, 1)
    ]
    beside = posts or [Text("Nobody is told: the file says federate: false.")]
    if console.width >= _BESIDE:
        both = Table.grid(expand=True, padding=(0, 1))
        both.add_column(ratio=1)
        both.add_column(ratio=1)
        both.add_row(page, Group(*beside))
        console.print(both)
    else:
        console.print(Columns([page, *beside], expand=True))
    for line in summary(shown):
        console.print(Text(line), soft_wrap=not console.is_terminal)


def summary(shown: Preview) -> list[str]:
    """What concerns the whole issue, in sentences."""
    lines: list[str] = []
    if shown.posts and not shown.servers:
        lines.append("Nobody follows yet, so nobody would be told.")
    elif shown.posts:
        followers, servers = counted(shown.followers, "follower"), counted(shown.servers, "server")
        lines.append(f"Goes to {followers}; with the people it mentions, to {servers}.")
    if len(shown.posts) > 1:
        lines.append(f"Each follower finds {len(shown.posts)} posts in the timeline.")
    if shown.object_id is not None:
        lines.append("The issue is out already: followers get an edit of the post that they have.")
    lines += [f"@{handle} could not be found: plain text, notifies nobody." for handle in shown.unresolved]
    return [*lines, *(f"warning: {warning}" for warning in shown.warnings)]


def facts(post: Post) -> list[str]:
    """What Mastodon does with one post, in sentences."""
    lines = [f"{post.characters} characters, {'public' if post.listed else 'unlisted'}"]
    if post.kind != "Note":
        lines[0] += f"; an {post.kind}, of which Mastodon shows title, summary and address"
    if post.card:
        lines.append(f"card: {post.card}")
    else:
        lines.append("no card" + (", because of the pictures" if post.pictures else ""))
    lines += [f"picture {n}: {p.alt or 'WITHOUT description'}" for n, p in enumerate(post.pictures, 1)]
    lines.append(f"notifies {', '.join(post.notifies)}" if post.notifies else "notifies nobody by name")
    return lines


def _post(post: Post, number: int, count: int, blog: Blog) -> Panel:
    content: list[RenderableType] = []
    if post.warning:
        content += [Text(f"[{post.warning}] – show more", style="reverse"), Text()]
    content += [Prose(post.html), Text(), Text("\n".join(facts(post)), style="dim")]
    title = f"@{blog.acct} in Mastodon" + (f", post {number} of {count}" if count > 1 else "")
    return Panel(Group(*content), title=Text(title), title_align="left")
