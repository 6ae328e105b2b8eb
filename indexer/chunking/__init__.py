"""Cutting documents into chunks by their structure."""
