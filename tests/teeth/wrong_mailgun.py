"""Senders that use Mailgun wrongly."""
