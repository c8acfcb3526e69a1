"""Benchmarks and the long chaos run: `python -m bench`. Never timed tests; nothing of `bridge` imports it."""
