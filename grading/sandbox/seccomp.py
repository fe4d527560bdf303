"""The system calls that student code may make; the kernel answers all others itself.

A layer of its own behind the namespaces: were one of them to leak, the calls that could
make use of it are not there. It also closes what namespaces leave open: locks and watches
on files that two sandboxes share, memory that belongs to no process, keys, tracing,
further namespaces.
"""

from __future__ import annotations

import errno
import functools
from tempfile import TemporaryFile
from typing import Any

from grading.core import GraderFault

# Names that an architecture does not have are left out there.
ALLOWED = """
    read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek close close_range
    open openat openat2 creat access faccessat faccessat2 stat lstat fstat newfstatat statx statfs
    fstatfs readlink readlinkat getdents getdents64 getcwd chdir fchdir umask copy_file_range
    sendfile truncate ftruncate fallocate fsync fdatasync fadvise64 rename renameat renameat2
    mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat chmod fchmod fchmodat
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    utime utimes utimensat futimesat dup dup2 dup3 pipe pipe2 poll ppoll select pselect6
    epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
    timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4

    mmap munmap mremap mprotect madvise brk msync mlock munlock membarrier

    fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill pidfd_open
    pidfd_send_signal rt_sigaction rt_sigprocmask rt_sigpending rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack pause alarm setitimer getitimer
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete restart_syscall
    getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid geteuid getgid getegid
    getresuid getresgid getgroups set_tid_address set_robust_list get_robust_list rseq futex
    futex_waitv arch_prctl sched_yield sched_getaffinity sched_getparam sched_getscheduler
    sched_get_priority_max sched_get_priority_min getpriority setpriority getcpu

    clock_gettime clock_getres clock_nanosleep gettimeofday time nanosleep times getrusage
    getrlimit setrlimit prlimit64 uname getrandom

    recvfrom sendto shutdown getsockname getpeername getsockopt setsockopt
"""
CLONE_NAMESPACES = 0x7E020080  # CLONE_NEW* of every kind
CLONE_VM = 0x100
AF_UNIX = 1
FCNTL = [0, 1, 2, 3, 4, 1030]  # copies of a descriptor and its flags; no locks, leases, watches
IOCTL = [0x5401, 0x541B, 0x5421, 0x5450, 0x5451, 0x5413]  # is it a terminal, how much is there
PRCTL = [3, 15, 16, 0x53564D41]  # names of threads and of memory; whether it can be dumped


@functools.cache
def program() -> bytes:
    """Return the filter as the kernel reads it, for ``prctl(PR_SET_SECCOMP)``.

    Raises
    ------
    grading.core.errors.GraderFault
        When libseccomp is not there to compile it.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise GraderFault(
            f"The sandbox needs libseccomp, which compiles its filter ({error}). "
            "Install the system's package of that name, on Debian and Ubuntu libseccomp2."
        ) from error
    # "No such call" rather than "forbidden": libraries then fall back on an older one.
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    for name in ALLOWED.split():
        _add(rules, pyseccomp.ALLOW, name)
    arg = pyseccomp.Arg
    _add(rules, pyseccomp.ALLOW, "clone", arg(0, pyseccomp.MASKED_EQ, CLONE_NAMESPACES, 0))
    _add(rules, pyseccomp.ALLOW, "socketpair", arg(0, pyseccomp.EQ, AF_UNIX))
    for call, which, values in [("fcntl", 1, FCNTL), ("ioctl", 1, IOCTL), ("prctl", 0, PRCTL)]:
        for value in values:
            _add(rules, pyseccomp.ALLOW, call, arg(which, pyseccomp.EQ, value))
    # With this flag it does nothing, and fails where there are threads; see `confine.is_alone`.
    _add(rules, pyseccomp.ALLOW, "unshare", arg(0, pyseccomp.EQ, CLONE_VM))
    _add(rules, pyseccomp.ERRNO(errno.EPERM), "unshare", arg(0, pyseccomp.NE, CLONE_VM))
    for call in ["socket", "mount", "setns", "ptrace", "chroot", "chown", "setuid"]:
        _add(rules, pyseccomp.ERRNO(errno.EPERM), call)
    with TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _add(rules: Any, action: int, name: str, *conditions: Any) -> None:
    import pyseccomp

    # A call that this architecture or this libseccomp does not know stays forbidden.
    if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:
        rules.add_rule(action, name, *conditions)
