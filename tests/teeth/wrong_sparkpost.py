"""Senders that use SparkPost wrongly."""
