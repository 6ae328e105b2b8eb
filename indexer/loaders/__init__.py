"""Loaders: one file per kind of source."""
