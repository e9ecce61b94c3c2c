"""Formal numbers: runs of the benchmarks, and pictures of their results."""
