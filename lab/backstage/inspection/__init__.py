"""Looks into a lesson that is stuck or slow, while it runs."""
