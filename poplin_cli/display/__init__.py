"""`poplin display`: a subscriber that prints what it receives, and fails on request."""
