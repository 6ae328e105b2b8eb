"""The sample knowledge base and the scripts that make it."""
