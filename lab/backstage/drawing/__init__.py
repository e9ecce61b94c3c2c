"""The parts of which all pictures are made."""
