"""The lessons: which there are, and runs of them."""
