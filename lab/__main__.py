"""`python lab`: the same as `uv run lab`."""

from backstage.cli import main

if __name__ == "__main__":
    main()
