"""Log → route → deliver: every event reaches the triggers that want it, or is kept as dead.

It never speaks to producers, and keeps nothing in memory that the log cannot give again.
"""
