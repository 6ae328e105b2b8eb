"""Ordering the best candidates again, by models too slow for all of an index."""
