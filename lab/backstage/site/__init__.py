"""The practice site: a web server on this machine, for the lessons."""
