"""ApiServerSource: what happens to the objects of a Kubernetes cluster becomes events, without gaps.

It lists and watches by its own hands and remembers how far the sink has it; it writes no object into
a cluster.
"""
