"""Ties a process to its parent: it changes user if asked, then becomes the program, and dies when the parent dies.

Run as `python -I -S -c <this text> PARENT SIGNAL UID GID PROGRAM [ARGUMENT...]`; standard library only.
The kernel forgets the death signal when the user changes, hence the order. The tie is Linux only; elsewhere
the next start clears leftovers by their pid files.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program of the arguments, tied to the parent."""
    parent, death_signal, uid, gid = (int(argument) for argument in sys.argv[1:5])
    program = sys.argv[5:]
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() == parent:
        os.execv(program[0], program)  # noqa: S606  # the program is our own child's, no shell is wanted


if __name__ == "__main__":
    main()
