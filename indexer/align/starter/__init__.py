"""Trains the starter tower: a compact image tower in the space of the sentence encoder."""
