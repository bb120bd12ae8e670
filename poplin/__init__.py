"""The core of Poplin: what an event is, who wants it, where it waits and how it is sent.

It never starts a server, owns an event loop or reads the command line; services build on it.
"""
