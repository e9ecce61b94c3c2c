"""The director: `uv run lab` lists the lessons, `uv run lab 03` runs one."""

import argparse
import sys

from backstage import catalogue, course, readme


def main() -> int:
    """Do what the command line says and return the exit status."""
    parser = argparse.ArgumentParser("lab", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        help="a lesson's number; 'all' for the whole course; 'site' to run "
        "the practice site by hand; 'readme' to measure the README's lines "
        "anew; without it the lessons are listed",
    )
    parser.add_argument(
        "changes",
        nargs="*",
        metavar="NAME=VALUE",
        help="run a copy of the lesson in which that constant has that value",
    )
    arguments = parser.parse_args()
    if arguments.what is None:
        for lesson in catalogue.lessons():
            print(f"{lesson.number:>2}  {lesson.title}")
        return 0
    match arguments.what, arguments.changes:
        case "all", []:
            return course.take_all()
        case "readme", []:
            readme.measure()
            return 0
        case "site", []:
            from backstage import server  # no other verb needs all that

            server.serve_by_hand()
    try:
        lesson = catalogue.find(arguments.what)
        changes = catalogue.parse_changes(lesson, arguments.changes)
    except (LookupError, ValueError) as error:
        print(f"lab: {error.args[0]}", file=sys.stderr)
        return 2
    return catalogue.play(lesson, changes)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("lab: stopped by Ctrl-C", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        sys.exit(f"lab: {error}")
