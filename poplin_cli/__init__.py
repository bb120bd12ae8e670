"""The `poplin` command; `poplin up` composes store, services and output.

It holds no logic that a service needs: whatever a service must know lives in the core.
"""
