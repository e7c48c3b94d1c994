"""The fake SMTP server."""
