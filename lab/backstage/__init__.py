"""What a viewer need not see to follow a lesson."""

from backstage.lesson import run
from backstage.site.client import practice_site

__all__ = ["practice_site", "run"]
