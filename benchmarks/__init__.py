"""Measurements: what this project does beside what others do, on the same rows."""
