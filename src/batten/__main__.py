"""The command: answers --version at once, and hands all else to the command line."""

import gc
import os
import sys

# Objects made before a look for cycles among the youngest, and of those looks before one further up: nearly all that a scan makes stays or
# goes without, and the process does not live long.
GARBAGE = (400_000, 50, 1_000)


def main() -> None:
    """Run batten with the arguments of this process."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from batten import __version__

        print(f"batten {__version__}")  # noqa: T201 - before click is imported: 60 ms
        return
    gc.set_threshold(*GARBAGE)
    from batten.cli import run

    code = run(arguments)
    gc.freeze()  # Python looks for cycles once more at exit, among all that the system takes back at once
    sys.exit(code)


def _forget_the_working_directory() -> None:
    """``python -m`` looks for modules in the working directory first: in the app under scan, whose code is never to run."""
    if not sys.flags.safe_path and sys.path[:1] in ([""], [os.getcwd()]):  # noqa: PTH109 - pathlib may be the app's here
        del sys.path[0]


if __name__ == "__main__":
    _forget_the_working_directory()
    main()
