"""From a question to ranked, cited evidence over an open index."""
