"""Event sources: they turn what the outside says into CloudEvents and send these to a sink over HTTP.

A source is an ordinary producer: nothing here touches a broker's log.
"""
