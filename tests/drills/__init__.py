"""Promises broken on purpose, one at a time, in a copy: a fault test must notice each.

Nothing here is part of a test run: `make drills` does it.
"""
