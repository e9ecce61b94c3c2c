"""The live view: what a lesson does, drawn while it runs."""
