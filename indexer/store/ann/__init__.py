"""Approximate search: what proposes candidates where comparing every vector costs too much."""
