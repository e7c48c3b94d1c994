"""HTTP in front of the provider rules: requests and responses, the server, the respx router."""
