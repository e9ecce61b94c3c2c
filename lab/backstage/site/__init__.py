"""The practice site: web pages on this machine, for the lessons."""
