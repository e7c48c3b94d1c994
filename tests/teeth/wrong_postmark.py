"""Senders that use Postmark wrongly."""
