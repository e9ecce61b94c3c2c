"""Errors that a user can meet, each with its text in one line."""


class LabError(Exception):
    """Something went wrong, and the command ends with this exit status."""

    exit_status = 1


class UsageError(LabError):
    """The user asked for something that makes no sense or does not exist."""

    exit_status = 2
