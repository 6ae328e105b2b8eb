"""Tuning: what is learnt from pairs, for the vectors and the models of an index."""
