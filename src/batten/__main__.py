"""The command: answers --version at once, and hands all else to the command line."""

import sys


def main() -> None:
    """Run batten with the arguments of this process."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from batten import __version__

        print(f"batten {__version__}")  # noqa: T201 - before click is imported: 60 ms
        return
    from batten.cli import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
