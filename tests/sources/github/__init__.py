"""The keeper of hooks, against a GitHub that answers like the real one."""
