"""Adapting a model by few weights, or by none."""
