"""The embedded store: immutable segments under atomic generations."""
