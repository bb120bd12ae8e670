"""Sources: what the outside says becomes events, and each is emitted before it is acknowledged."""
