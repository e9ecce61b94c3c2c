"""How a lesson runs, and how it ends after Ctrl-C or a failure."""
