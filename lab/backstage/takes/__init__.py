"""Takes: recordings of a terminal in which lessons run."""
