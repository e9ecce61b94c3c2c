"""What a lesson does to the machine, seen from outside and drawn."""
