"""Models that score a question with one candidate: their exports and their inputs."""
