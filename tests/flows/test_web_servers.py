"""The documented nginx and Caddy in front of a running blog: both forms of an address stay apart, admin is not kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bridge.demo.stage import free_port, request
from tests.support.running_blog import ACTIVITY, RunningBlog, make_stock

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "web-server"
SLOW_START = 10.0


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBlog]:
    stock = make_stock(tmp_path_factory.mktemp("stock"))
    with RunningBlog(tmp_path_factory.mktemp("blogs") / "blog", stock) as blog:
        blog.publish({"1.md": "---\ntitle: Eins\n---\n\nText.\n"})
        yield blog


@contextmanager
def running(command: list[str], front: str) -> Iterator[str]:
    """The web server until the block ends; gives the address it answers at."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + SLOW_START
        while request(f"{front}/healthz").status != 200:
            if time.monotonic() > end or child.poll() is not None:
                child.terminate()
                pytest.fail(child.communicate()[0].decode())
            time.sleep(0.05)
        yield front
    finally:
        child.terminate()
        child.communicate(timeout=20)


@contextmanager
def nginx(blog: RunningBlog, folder: Path) -> Iterator[str]:
    """The example with our addresses and without certificates, which tests have none of."""
    port = free_port()
    text = (EXAMPLES / "nginx.conf").read_text()
    text = "\n".join(line for line in text.splitlines() if "ssl_certificate" not in line)
    text = text.replace("443 ssl", f"127.0.0.1:{port}").replace("http://127.0.0.1:8000", blog.origin)
    text = text.replace("/var/cache/nginx/rundbrief", str(folder / "cache")).replace("$http_host", blog.origin[7:])
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.getuid() == 0 else ""
    whole = f"{user}pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {places}\n{text}\n}}\n"
    (folder / "nginx.conf").write_text(whole)
    with running(
        ["nginx", "-e", "stderr", "-g", "daemon off;", "-c", str(folder / "nginx.conf")], f"http://127.0.0.1:{port}"
    ) as front:
        yield front


@contextmanager
def caddy(blog: RunningBlog, folder: Path) -> Iterator[str]:
    port = free_port()
    text = (EXAMPLES / "Caddyfile").read_text().replace("127.0.0.1:8000", blog.origin[7:])
    text = text.replace("links.example {", f"http://127.0.0.1:{port} {{", 1)
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with running(command, f"http://127.0.0.1:{port}") as front:
        yield front


@pytest.mark.parametrize("server", [nginx, caddy], ids=["nginx", "caddy"])
def test_both_forms_stay_apart_behind_the_documented_web_server(
    blog: RunningBlog, tmp_path: Path, server: Callable[[RunningBlog, Path], Iterator[str]]
) -> None:
    """S84: in every order, hot and cold, a browser gets the page and a server the document."""
    if shutil.which(server.__name__) is None:
        pytest.skip(f"{server.__name__} is not installed")
    with server(blog, tmp_path) as front:
        for _ in range(3):
            page = blog.get(f"{front}/issues/1")
            assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
            lead = blog.get(f"{front}/issues/1", Accept=ACTIVITY)
            assert (lead.status, lead.headers.get("X-Cache", "MISS") in ("MISS", "EXPIRED")) == (302, True)
            path = urlsplit(lead.headers["Location"]).path
            note = blog.get(front + path, Accept=ACTIVITY)
            assert (note.status, note.headers["Content-Type"].startswith(ACTIVITY)) == (200, True)
            assert blog.get(front + path).status == 302
        assert blog.get(f"{front}/admin/").headers["Cache-Control"] == "no-store"
        if server is nginx:
            assert page.headers["X-Cache"] == "HIT"
