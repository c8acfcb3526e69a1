"""A preview -> one HTML file: the page in a frame, and beside it each post as Mastodon shows it."""

from __future__ import annotations

import re

from markupsafe import Markup

from bridge.activity.post import Attachment
from bridge.cli.preview_screen import facts, summary
from bridge.outbox.preview import Preview
from bridge.web import gather
from bridge.web.site import Site
from bridge.web.view import ConversationView, IssueView, Link, PictureView, render_issue

_STYLE_LINK = re.compile(r'<link rel="stylesheet"[^>]*>')


def preview_page(shown: Preview, site: Site) -> str:
    """The file. It loads nothing; pictures are in it."""
    blog = gather.blog_view(site)
    issue, rendered = shown.issue, shown.rendered
    page = render_issue(
        site.templates,
        blog,
        IssueView(
            url=site.blog.addresses.page(issue.slug),
            object_id=shown.object_id,
            title=issue.title,
            published=issue.date or site.clock(),
            language=issue.language,
            body_html=rendered.page_html,
            updated=issue.updated,
            teaser=rendered.summary,
            tags=tuple(Link(name=tag.name, url=tag.href) for tag in rendered.hashtags),
            cover=_cover(shown.cover),
            content_warning=issue.content_warning,
            canonical_url=issue.canonical_url,
            public=issue.visibility == "public",
        ),
        ConversationView(closed=not issue.comments),
    )
    style = site.templates.stylesheet.decode()
    return site.templates.render(
        "preview.html",
        words=site.templates.words(blog.language, blog.timezone),
        blog=blog,
        title=issue.title,
        address=site.blog.addresses.page(issue.slug),
        page=_STYLE_LINK.sub(lambda _: f"<style>{style}</style>", page),
        posts=[(post, Markup(post.html), facts(post)) for post in shown.posts],
        summary=summary(shown),
    )


def _cover(cover: Attachment | None) -> PictureView | None:
    return None if cover is None else PictureView(src=cover.url, alt=cover.alt)
