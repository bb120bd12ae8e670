"""The store behind sentinels, in a cluster, and in every kind of trouble."""
