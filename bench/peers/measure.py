"""Run a command and print what it cost as JSON, by the operating system's own account of it.

    python measure.py SECONDS COMMAND [ARGUMENT ...]

The command runs in a process group that is killed after SECONDS. A child's peak memory begins at
that of the process it was started from, so this program imports nothing large and stands between
the bench and what it measures.
"""

import json
import os
import signal
import subprocess
import sys
import time


def main() -> None:
    """Pass on what the command prints as standard error, and print one line of JSON."""
    limit, command = int(sys.argv[1]), sys.argv[2:]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child.pid, signal.SIGKILL))
    signal.alarm(limit)
    _, status, usage = os.wait4(child.pid, 0)
    signal.alarm(0)
    cost = {
        "exit": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.perf_counter() - start,
        # Linux counts in kilobytes, macOS in bytes.
        "peak": usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
