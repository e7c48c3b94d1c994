"""A conformance and testing harness for software that sends email."""

__version__ = "0.1.0"
