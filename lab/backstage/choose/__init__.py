"""Which model of concurrency suits a function."""
