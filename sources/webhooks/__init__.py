"""Webhooks of any provider: verified on the raw body, mapped to an event, emitted, then answered."""
