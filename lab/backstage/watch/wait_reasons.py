"""What a thread waits for, read from outside (Linux only).

`/proc/PID/task/TID/syscall` (see proc(5)) names the system call in which a
thread is blocked. It can be read for one's own child processes. For other
processes of the same user, some systems forbid it (Yama). Then `wchan`, which
names the function of the kernel in which the thread sleeps, has to do: it does
not tell a lock from a condition, and its names change with the kernel.
Other systems have nothing comparable.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

LOCK = "lock"  # a lock, a condition or the GIL
NETWORK = "network"  # data from a socket, or a connection
EVENTS = "events"  # one of several sockets, pipes or timers (an event loop)
PIPE = "pipe"  # data from another process
TIMER = "timer"
CHILD = "child"  # the end of a child process

_READ = "read"  # a pipe or a socket: the open file decides

# The numbers of the system calls, from the kernel's tables for each machine:
# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_CALLS: Mapping[str, Mapping[int, str]] = {
    "x86_64": {
        0: _READ,
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
        63: _READ,
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
# The calls of this machine; empty where the reasons cannot be read.
CALLS = (
    _CALLS.get(platform.machine(), {}) if platform.system() == "Linux" else {}
)


# Beginnings of names of kernel functions.
_FUNCTIONS = {
    "futex_": LOCK,
    "__futex_wait": LOCK,
    "hrtimer_nanosleep": TIMER,
    "do_nanosleep": TIMER,
    "ep_poll": EVENTS,
    "do_epoll_wait": EVENTS,
    "poll_schedule_timeout": EVENTS,
    "do_select": EVENTS,
    "do_poll": EVENTS,
    "do_sys_poll": EVENTS,
    "wait_woken": NETWORK,
    "sk_wait_data": NETWORK,
    "inet_csk_accept": NETWORK,
    "inet_wait_for_connect": NETWORK,
    "unix_stream_": NETWORK,
    "pipe_read": PIPE,
    "anon_pipe_read": PIPE,
    "pipe_wait": PIPE,
    "do_wait": CHILD,
}


def is_restricted(process: int) -> bool:
    """Return whether the system forbids to read the calls of a process."""
    if not CALLS:
        return False
    try:
        Path(f"/proc/{process}/task/{process}/syscall").read_text()
    except PermissionError:
        return True
    except OSError:  # it has ended
        return False
    return False


def read_wait_reason(process: int, thread: int) -> str:
    """Return what a thread waits for at this moment.

    Args:
        process: The process id.
        thread: The thread id that the system gave it.

    Returns:
        One of the reasons in this module. It is "" if the thread is running,
        has ended or is blocked in another system call, and where CALLS is
        empty or the system forbids all of this.
    """
    if not CALLS:
        return ""
    path = f"/proc/{process}/task/{thread}/syscall"
    try:
        with open(path) as file:  # noqa: PTH123  a Path is slower
            fields = file.read().split()
    except PermissionError:
        return _read_kernel_function(process, thread)
    except OSError:  # it has ended
        return ""
    if not fields[0].isdigit():  # "running", or -1: blocked in no call
        return ""
    reason = CALLS.get(int(fields[0]), "")
    if reason == _READ:
        return _reason_to_read(process, int(fields[1], 16))
    return reason


def _read_kernel_function(process: int, thread: int) -> str:
    """Return the reason that the sleeping kernel function stands for."""
    try:
        path = f"/proc/{process}/task/{thread}/wchan"
        with open(path) as file:  # noqa: PTH123  a Path is slower
            name = file.read()
    except OSError:  # it has ended, or the system forbids this too
        return ""
    for beginning, reason in _FUNCTIONS.items():
        if name.startswith(beginning):
            return reason
    return ""


def _reason_to_read(process: int, descriptor: int) -> str:
    """Return the reason of a thread that reads from an open file."""
    try:
        target = os.readlink(f"/proc/{process}/fd/{descriptor}")  # noqa: PTH115
    except OSError:  # it has ended, or the system forbids it
        return ""
    if target.startswith("socket:"):
        return NETWORK
    return PIPE if target.startswith("pipe:") else ""
