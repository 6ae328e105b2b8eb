"""Makes `examples/knowledge/` and `examples/questions/` from data files and templates."""
