"""Senders that use Mandrill wrongly."""
