"""ApiServerSource: its events, its memory, its watches."""
