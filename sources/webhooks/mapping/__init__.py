"""From a verified webhook to its event: a mapper for each provider, and tables where these do.

Nothing here reads a clock, a secret or a socket; whatever a provider sends, a mapper gives a legal
event or says what is wrong.
"""
