"""The reference sender over the six providers' APIs: a module each, found by its name."""
