"""`harness serve`: fakes that stay up, for a person at work and for tests in any language."""
