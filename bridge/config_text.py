"""The values of a new blog -> the text of its config.toml, every key written out with its default and explained.

`init` writes it; `config.example.toml` is it for an example blog (a test compares them).
"""

from __future__ import annotations

import json

_TEXT = """\
# Rundbrief's configuration. Every key is here with its default; unknown keys and wrong values are reported together.
# Durations are written as "90 days" or "12 hours". This file may hold a password: keep it readable by its owner only.

[[blog]]
# The public address. Ids that other servers keep for ever are made from it, so it cannot be changed later.
url = {url}
# The blog is @{bare_handle}@{host}. The handle may be changed: the old one keeps answering.
handle = {handle}
# To have the handle on the bare domain (@links@example with the blog at links.example), name that domain, and let
# it answer /.well-known/webfinger with a redirect to this blog.
# account_domain = "example"
title = {title}
# A few words about the blog, in Markdown: the profile text on other servers and on the front page.
description = ""
# The language of the issues and of the pages' own words (BCP 47; pages: de, en).
language = {language}
timezone = "Europe/Berlin"
# Pictures for the profile, relative to this folder.
# icon = "icon.png"
# header = "header.jpg"
# Person, Organization or Service (Mastodon shows a Service with a bot badge).
actor_type = "Person"
# The folder of the author's files: a git repository that takes pushes.
issues = "issues"
# How an issue looks on other servers: note (title, teaser, link), full, thread or article.
format = "note"
# Up to four lines for the profile, for example {{ Website = "https://links.example" }}
fields = {{}}
# Accounts whose followers you want to move here (their actor ids).
also_known_as = []
# Your own accounts (@you@server): named as author in link previews, marked as author, never held.
creators = []

[comments]
# Which replies wait for you: none, first (each person's first) or all.
approval = "none"
# When an issue stops taking replies; or "never".
close_after = "90 days"
# proxy (pictures of people come from this server) or none. A reader's browser never talks to a third party.
avatars = "proxy"
# A reply whose visible text holds one of these waits for you.
words = []

[linkbacks]
# Webmention and Pingback, both ways.
receive = true
send = true
# The quiet entry when a later issue links to an earlier one.
own = true

[server]
# host:port or unix:/path
listen = {listen}
# Whose X-Forwarded-For and -Proto are believed.
trusted_proxies = ["127.0.0.1", "::1"]
# /metrics answers this machine, and others only with this token. Empty: this machine only.
metrics_token = ""

[database]
# sqlite:data/rundbrief.db (in this folder) or postgresql://user:password@host/name
url = {database}

[delivery]
# How many servers are delivered to at once.
concurrency = 64
give_up_after = "4 days"

[federation]
# true only for tests and demos on one machine; also allows http:// ids and ports.
allow_private_addresses = {private}
# Domains and actors that are blocked.
blocked = []

[limits]
# For each remote server (no limit for this machine while allow_private_addresses is true).
inbox_per_minute = 600
new_followers_per_hour = 2000
"""


def config_text(
    *,
    url: str,
    host: str,
    handle: str,
    title: str,
    language: str,
    database: str = "sqlite:data/rundbrief.db",
    listen: str = "127.0.0.1:8000",
    allow_private: bool = False,
) -> str:
    """The whole text. Values are quoted as TOML strings (JSON's escapes are a subset of TOML's)."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

    return _TEXT.format(
        url=quoted(url),
        host=host,
        bare_handle=handle,
        handle=quoted(handle),
        title=quoted(title),
        language=quoted(language),
        database=quoted(database),
        listen=quoted(listen),
        private=str(allow_private).lower(),
    )
