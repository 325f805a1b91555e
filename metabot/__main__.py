"""`python -m metabot`: the same as `metabot`."""

from metabot.cli.main import main

if __name__ == "__main__":
    main()
