"""Rundbrief: a circular letter, published with `git push`, answered from the fediverse."""

__version__ = "0.1.0"
