"""What must be true of ApiServerSources against a real Kubernetes API server.

Nothing here talks to a fake one, or to a cluster that somebody uses.
"""
