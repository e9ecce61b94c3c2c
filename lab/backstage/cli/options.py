"""Options that several commands share."""

import logging
from pathlib import Path

import click

from backstage.files import check_writable


def _set_quiet(
    ctx: click.Context, param: click.Parameter, quiet: bool
) -> None:
    if quiet:
        logging.getLogger("backstage").setLevel(logging.WARNING)


def check_file(
    ctx: click.Context, param: click.Parameter, file: Path | None
) -> Path | None:
    """Return the path of a file to write, if it can be written."""
    if file:
        check_writable(file)
    return file


quiet_option = click.option(
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_set_quiet,
    help="Do not print what runs and on which machine.",
)
svg_option = click.option(
    "--svg",
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=check_file,
    help="Write the picture to a file as well, as an SVG.",
)
