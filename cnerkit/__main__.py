"""``python -m cnerkit`` is the same as the command."""

from cnerkit.cli.main import main

if __name__ == "__main__":
    main()
