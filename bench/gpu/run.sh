#!/usr/bin/env bash
# Checks and measures training on a GPU in one call, within nine minutes and without a network.
#
#     bench/gpu/run.sh [FURTHER ARGUMENTS OF measure.py]
#
# Needs Python 3.11 or newer with PyTorch, NumPy, pandas and pyarrow. Parts that need more (real
# digits: scikit-learn; a study: Snakemake and all of requirements.txt) say what is missing and are
# left out. Variables:
#   DEVICE   cuda, or cpu for a dry run of everything that a CPU can do, in minutes
#   OUTPUT   folder for gpu.json and gpu.md; the folder of this script when left out
#   WHEELS   folder of wheels that are put at the end of Python's path for this call
#   PYTHON   the interpreter
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
path="workflow/scripts:bench/training:bench/gpu"
if [ -n "${WHEELS:-}" ]; then
    site=$(mktemp -d)
    trap 'rm -rf "$site"' EXIT
    "$python" -m pip install --quiet --no-index --no-deps --no-compile --target "$site" "$WHEELS"/*.whl
    export BENCH_WHEELS="$site"
fi
export PYTHONPATH="$path${PYTHONPATH:+:$PYTHONPATH}"
# a job of the workflow finds its GPU by this; where it is set already, it is kept
export CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES-0}
"$python" bench/gpu/measure.py --device "${DEVICE:-cuda}" --output "${OUTPUT:-bench/gpu}" "$@"
