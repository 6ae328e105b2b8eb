"""Readers: what turns an image into lines of text, later a recording into segments."""
