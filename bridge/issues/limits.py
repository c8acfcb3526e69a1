"""How large an issue may be; `source` judges by it what is pushed, and `front_matter` what it reads."""

from __future__ import annotations

MOST_BYTES = 1024 * 1024  #: of a whole file
