"""What `uv run lab` understands."""
