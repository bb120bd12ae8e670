"""`make bench`: load generator, fabric and sink as processes on this machine, measured together."""
