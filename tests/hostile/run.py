#!/usr/bin/env python3
"""Scans every hostile server with the command line and looks at how each scan ends.

    run.py BUILD_DIR [NAME...]     all cases, or those whose name holds one of NAME

Asked of every scan: it ends by itself or, after DEADLINE seconds, within 5 s of SIGTERM;
its exit code is 0, 1 or 3; the report is whole JSON that says whether it is complete, or,
with 3, one sentence in Chinese and one in English say why there is none; nothing
crashed; memory stayed small; the report names no address that the target must not lead to.
"""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

DEADLINE = 9
GRACE = 5
WORKERS = 6
MAX_RSS_KIB = 900 * 1024
CRASH = re.compile(r"AddressSanitizer|runtime error|LeakSanitizer|assertion failed|out of memory"
                   r"|Traceback|crashed|崩溃|forbidden system call", re.I)
FORBIDDEN_PAGE = re.compile(r"^\w+://(169\.254\.|\[fe80|0\.0\.0\.0|metadata\.|10\.255\.|255\.)")


def report_problems(path, code, stderr):
    try:
        with open(path, encoding="utf-8") as f:
            report = json.load(f)
    except FileNotFoundError:
        if code != 3:
            return ["no report, exit %d: %s" % (code, stderr[-300:])]
        lines = [line for line in stderr.splitlines() if line.strip()]
        zh = any(re.search(r"[\u4e00-\u9fff]", line) for line in lines)
        en = any(len(line.split()) > 3 and not re.search(r"[\u4e00-\u9fff]", line) for line in lines)
        return [] if zh and en else ["exit 3 without a reason in both languages: %r" % stderr[-300:]]
    except (ValueError, UnicodeDecodeError) as e:
        return ["the report is not JSON: %s" % e]
    bad = []
    if not isinstance(report.get("complete"), bool):
        bad.append("the report does not say whether it is complete")
    for key in ("target", "started", "finished", "counts", "stats", "pages", "findings"):
        if key not in report:
            bad.append("the report lacks %s" % key)
    for page in report.get("pages", []):
        if FORBIDDEN_PAGE.match(page["url"]):
            bad.append("it went to %s" % page["url"])
    return bad


def scan(binary, work, case, port):
    address, name = case
    out = os.path.join(work, name + ".json")
    cmd = [binary, "scan", "http://%s:%d/" % (address, port), "--i-own-this-target", "--mode", "quick",
           "--rate", "500", "--max-pages", "12", "--format", "json", "-o", out, "--quiet"]
    start = time.monotonic()
    stopped = None
    with open(out + ".err", "w+b") as err:
        # A group of its own, signalled as a whole, as a service manager does.
        p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                             start_new_session=True)
        bad = []
        rss = 0
        while True:
            pid, status, usage = os.wait4(p.pid, os.WNOHANG)
            if pid:
                rss = usage.ru_maxrss
                break
            now = time.monotonic()
            if stopped is None and now - start > DEADLINE:
                stopped = now
                os.killpg(p.pid, signal.SIGTERM)
            elif stopped is not None and now - stopped > GRACE + 2:
                os.killpg(p.pid, signal.SIGKILL)
                os.waitpid(p.pid, 0)
                bad.append("still running %d s after SIGTERM" % (GRACE + 2))
                status = 0
                break
            time.sleep(0.05)
        err.seek(0)
        stderr = err.read().decode("utf-8", "replace")
    p.returncode = 0  # reaped above
    seconds = time.monotonic() - start
    if not bad:
        if os.WIFSIGNALED(status):
            bad.append("killed by signal %d" % os.WTERMSIG(status))
        elif os.WEXITSTATUS(status) not in (0, 1, 3):
            bad.append("exit code %d: %s" % (os.WEXITSTATUS(status), stderr[-300:]))
        else:
            bad += report_problems(out, os.WEXITSTATUS(status), stderr)
    if CRASH.search(stderr):
        bad.append("stderr: %s" % stderr[-600:])
    if rss > MAX_RSS_KIB:
        bad.append("took %d MiB" % (rss // 1024))
    return name, seconds, stopped is not None, rss, bad


def main():
    build = sys.argv[1]
    server = os.path.join(build, "tests/hostile/hostile_server")
    binary = os.path.join(build, "zhanwei")
    wanted = sys.argv[2:]
    cases = [line.split() for line in
             subprocess.run([server, "--list"], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()]
    cases = [c for c in cases if not wanted or any(w in c[1] for w in wanted)]
    running = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(running.stdout.readline().split()[0])
    start = time.monotonic()
    failed = slow = 0
    worst = 0
    with tempfile.TemporaryDirectory(prefix="zw-hostile-") as work, \
            concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for name, seconds, stopped, rss, bad in pool.map(lambda c: scan(binary, work, c, port), cases):
            slow += stopped
            worst = max(worst, rss)
            if bad or wanted:
                print("%s %s (%.1f s%s) %s" % ("not ok" if bad else "ok", name, seconds,
                                               ", stopped" if stopped else "", "; ".join(bad)), flush=True)
            failed += bool(bad)
    running.stdin.close()
    if running.wait(10) != 0:
        print("not ok: the server itself ended with %d" % running.returncode)
        failed += 1
    print("%d scans in %d s, %d of them stopped by SIGTERM, at most %d MiB" %
          (len(cases), time.monotonic() - start, slow, worst // 1024))
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
