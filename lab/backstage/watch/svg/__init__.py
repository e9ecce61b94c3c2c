"""The picture of a run as an SVG."""

from backstage.watch.svg.picture import draw_svg

__all__ = ["draw_svg"]
