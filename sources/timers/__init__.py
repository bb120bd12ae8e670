"""PingSource: ticks of a schedule become events, each tick once over all processes.

What a schedule means is the core's (poplin/schedule.py); here it is kept.
"""
