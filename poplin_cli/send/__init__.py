"""`poplin send`: events from options, a file or standard input, to a broker or any URL."""
