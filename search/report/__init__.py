"""One HTML file that shows what a benchmark found."""
