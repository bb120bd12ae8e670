"""What became of an event, for every way it can go."""
