"""What a message says, for tests that talk about it; nothing in it ever raises."""
