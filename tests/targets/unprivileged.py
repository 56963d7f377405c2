"""Targets are vulnerable on purpose: what is sent to them is run and written. None of that may happen
as root, whoever starts them; they become nobody first, or end with a clear message."""
import ctypes
import os
import sys

NOBODY = 65534


def leave_root(*needed):
    """Gives up root for good. needed: paths that must be readable afterwards."""
    if 0 in os.getresuid():
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        except OSError as e:
            sys.exit(f"漏洞靶子不能以 root 运行，也无法改为 nobody：{e}\n"
                     f"A vulnerable target does not run as root, and becoming nobody failed: {e}")
        os.environ.update(HOME="/", USER="nobody", LOGNAME="nobody")
    if 0 in os.getresuid() or os.access("/etc/passwd", os.W_OK):
        sys.exit("漏洞靶子仍有系统文件的写权限，拒绝启动。\nThe target could still write to system files: not started.")
    ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: no way back by su or sudo
    os.umask(0o077)
    for path in [os.__file__, *map(str, needed)]:
        if not os.access(path, os.R_OK):
            sys.exit(f"nobody 用户读不到 {path}：请把源码放在所有用户可读的目录，并使用系统自带的 python3。\n"
                     f"nobody cannot read {path}: keep the sources where everybody can read them, and use the system's python3.")
