"""What nobody well-meaning sends: requests, events, names, files and filters made to do harm.

Each is refused in a sentence or served with the same meaning; none ends, slows or swells a process.
"""
