"""What a thread waits for, as Linux says from outside.

`/proc/PID/task/TID/syscall` (proc(5)) names the system call in which a thread
is blocked. It can be read for one's own children; other systems have nothing
of the kind.
"""

import os
import platform
from collections.abc import Mapping

LOCK = "lock"  # a lock, a condition or the GIL
NETWORK = "network"  # data from a socket, or a connection
EVENTS = "events"  # one of several sockets, pipes or timers (an event loop)
PIPE = "pipe"  # data from another process
TIMER = "timer"
CHILD = "child"  # the end of a child process

# The numbers of the system calls, from the kernel's tables for each machine:
# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
CALLS: Mapping[str, Mapping[int, str]] = {
    "x86_64": {
        0: "read",
        7: EVENTS,  # poll
        23: EVENTS,  # select
        35: TIMER,  # nanosleep
        42: NETWORK,  # connect
        43: NETWORK,  # accept
        44: NETWORK,  # sendto
        45: NETWORK,  # recvfrom
        47: NETWORK,  # recvmsg
        61: CHILD,  # wait4
        202: LOCK,  # futex
        230: TIMER,  # clock_nanosleep
        232: EVENTS,  # epoll_wait
        247: CHILD,  # waitid
        270: EVENTS,  # pselect6
        271: EVENTS,  # ppoll
        281: EVENTS,  # epoll_pwait
        288: NETWORK,  # accept4
    },
    "aarch64": {
        22: EVENTS,  # epoll_pwait
        63: "read",
        72: EVENTS,  # pselect6
        73: EVENTS,  # ppoll
        95: CHILD,  # waitid
        98: LOCK,  # futex
        101: TIMER,  # nanosleep
        115: TIMER,  # clock_nanosleep
        202: NETWORK,  # accept
        203: NETWORK,  # connect
        206: NETWORK,  # sendto
        207: NETWORK,  # recvfrom
        212: NETWORK,  # recvmsg
        242: NETWORK,  # accept4
        260: CHILD,  # wait4
    },
}
OWN_CALLS = (
    CALLS.get(platform.machine(), {}) if platform.system() == "Linux" else {}
)


def waits_for(process: int, thread: int) -> str:
    """Return what a thread is blocked by at this moment.

    The result is one of the names in this module. It is empty where the
    thread runs, where the call is another one, or where the system does not
    say: elsewhere than on Linux, on other machines than those of CALLS, and
    where the system forbids it.
    """
    if not OWN_CALLS:
        return ""
    try:
        with open(f"/proc/{process}/task/{thread}/syscall") as file:  # noqa: PTH123
            fields = file.read().split()
    except OSError:  # it has ended, or the system forbids it
        return ""
    if not fields[0].isdigit():  # "running", or -1: blocked by no call
        return ""
    call = OWN_CALLS.get(int(fields[0]), "")
    if call == "read":
        return _kind_of_file(process, int(fields[1], 16))
    return call


def _kind_of_file(process: int, number: int) -> str:
    """Return what a thread waits for that reads an open file."""
    try:
        target = os.readlink(f"/proc/{process}/fd/{number}")  # noqa: PTH115
    except OSError:
        return ""
    if target.startswith("socket:"):
        return NETWORK
    return PIPE if target.startswith("pipe:") else ""
