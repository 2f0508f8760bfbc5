"""Runs in the process that analyses: gives up the network, limits what it may use, and only then looks at a stranger's code."""

import ctypes
import os
import resource
import sys
from pathlib import Path

CLEAN, FOUND, TROUBLE = range(3)
"""How this process ends."""
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_CPU: 900,
    resource.RLIMIT_FSIZE: 500_000_000,
    resource.RLIMIT_NOFILE: 512,
    resource.RLIMIT_AS: 6_000_000_000,
}


def without_network() -> bool:
    """Leave the network behind, where the system lets an ordinary process do so (Linux). There is no way back."""
    try:
        unshare = ctypes.CDLL(None, use_errno=True).unshare
    except (OSError, AttributeError):
        return False
    user, group = os.getuid(), os.getgid()
    if unshare(_NEW_USER | _NEW_NETWORK):
        return not unshare(_NEW_NETWORK)
    try:  # the same user as before: what it owns stays its own
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    except OSError:
        pass
    return True


def limit() -> None:
    """Limit memory, time, files: what goes past them ends this process alone."""
    for kind, most in _LIMITS.items():
        _, hard = resource.getrlimit(kind)
        most_allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most_allowed, most_allowed))


def main() -> None:
    """``confined FOLDER BASE HEAD FILE``: the findings of ``batten diff`` go to FILE. Without a network if the system can do that; FILE.open says if it can't."""
    folder, base, head, file = sys.argv[1:5]
    if not without_network():
        Path(f"{file}.open").touch()
    limit()
    os.chdir(folder)
    from batten.diff import compared
    from batten.finding import BattenError
    from batten.options import Options
    from batten.report.difference import write_json

    try:
        # What is alike in both commits is read once. The cache is this analysis's own: nobody believes it later.
        result = compared(Options(cache_dir=Path(folder).parent / "cache", progress=False), base, head, with_fixes=True)
    except BattenError:
        sys.exit(TROUBLE)
    with Path(file).open("w", encoding="utf-8") as stream:
        write_json(result.run, result.difference, result.base, result.head, stream)
    sys.exit(FOUND if any(result.config.fails(finding.severity) for finding in result.run.findings) else CLEAN)
