"""Formal numbers: benchmarks, and what is made of their results."""
