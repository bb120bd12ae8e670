"""Faults against a whole fabric, with a ledger outside it that says what was lost.

Nothing here looks inside the fabric to judge it, but for the queues that must be empty in the end.
"""
