"""Senders that use Amazon SES wrongly."""
