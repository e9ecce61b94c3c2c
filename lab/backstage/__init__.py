"""What lessons import, and everything else that a reader may ignore."""

from backstage.lesson.runner import run
from backstage.site.client import practice_site

__all__ = ["practice_site", "run"]
