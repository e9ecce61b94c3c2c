"""Which model of concurrency suits a task: by rules, or measured."""
