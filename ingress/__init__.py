"""HTTP in: a CloudEvent becomes a log entry, and is on disk before the 202.

It never knows triggers, subscribers or what becomes of an event afterwards.
"""
