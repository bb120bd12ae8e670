"""What each script of the log promises, on real servers, and the race it exists for."""
