"""The management API: what there is and how it fares, over HTTP.

It never sits in the data path: brokers and triggers work without it.
"""
