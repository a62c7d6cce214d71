#!/usr/bin/env bash
# Installs the grader when Gradescope builds the container's image; runs as root, with a network.
set -euo pipefail
source="${AUTOGRADER_ROOT:-/autograder}/source"

apt-get update
apt-get install -y --no-install-recommends python3-pip
PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --no-cache-dir uv

# Below a private home, a worker that is a user of its own could not run the interpreter.
export UV_PYTHON_INSTALL_DIR=/opt/python
uv venv --python 3.11 /opt/grader
uv pip install --python /opt/grader/bin/python -r "$source/kit/requirements.txt"

# What no worker may see.
for secret in private assignment autograder/solution_outputs autograder/tolerances.json; do
  [ ! -e "$source/kit/$secret" ] || chmod -R go-rwx "$source/kit/$secret"
done

# Fails the build, rather than the first submission, where submissions cannot be kept apart.
cd "$source/kit"
/opt/grader/bin/python -c "from autograder import isolation; print(isolation.require('official'))"
