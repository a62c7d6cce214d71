"""Runs commands, each as `python -m` would, in forks of a process that has imported TensorFlow.

The import is most of the time of a small command. Reads lines of JSON: the directory, the module
with its arguments, and the files of stdin, stdout and stderr; writes the exit code of each command.
No operation of TensorFlow runs here, because its threads would not survive a fork.
"""

import importlib
import json
import os
import runpy
import sys

for library in ("tensorflow", "keras"):
    importlib.import_module(library)

while line := sys.stdin.readline():
    child = os.fork()
    if child == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()

order = json.loads(line)
os.chdir(order["directory"])
for number, path in enumerate(order["streams"]):
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
    os.dup2(os.open(path, flags), number)
sys.stdin = open(0)  # noqa: SIM115 (it lives as long as the process)
sys.path[0] = order["directory"]
sys.argv[1:] = order["arguments"]
runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
