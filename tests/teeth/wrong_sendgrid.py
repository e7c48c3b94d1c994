"""Senders that use SendGrid wrongly."""
