"""The folder that PYTHONPATH names when a lesson is inspected."""
