"""`python -m tests.support.served_blog CONFIG CA_FILE NAME...`: the blog's server in a process of its own, as
`rundbrief serve` runs it, in a network of the test's own: the names lead to 127.0.0.1, and the authority is trusted.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from bridge.cli.serving import serve_all
from bridge.config import read_config
from bridge.logs import log_to_stderr
from bridge.remote.network import Network
from tests.support.local_servers import Names


def main(config: str, ca_file: str, *names: str) -> None:
    """Serve until SIGTERM."""
    log_to_stderr(logging.INFO)
    network = Network(ca_file=Path(ca_file), resolver=Names({name: ["127.0.0.1"] for name in names}))
    asyncio.run(serve_all(read_config(Path(config)), network=network))


if __name__ == "__main__":
    main(*sys.argv[1:])
