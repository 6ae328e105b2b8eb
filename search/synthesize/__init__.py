"""Judged queries made from what an index holds."""
