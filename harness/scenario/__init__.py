"""Scenario files: read, checked, and filled out into cases."""
