"""What a viewer need not see to follow a lesson."""

from .practice_site import practice_site
from .run import run

__all__ = ["practice_site", "run"]
