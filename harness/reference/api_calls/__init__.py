"""What the clients of all providers share: a call as a value, the exchange, what came of it."""
