"""`poplin up`: the whole fabric on one machine, as supervised processes."""
