"""Building an index: sources in, a committed generation out."""
