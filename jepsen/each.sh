#!/usr/bin/env bash
# Each fault alone: ROUNDS injections of one kind in a run of all workloads, verdicts into jepsen/results, then the table.
# usage: jepsen/each.sh [INJECTIONS [SEED [FAULT ...]]]
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
injections=${1:-10} seed=${2:-1}
shift; shift || true
faults=("$@")
if [ ${#faults[@]} -eq 0 ]; then
  read -ra faults < <(jepsen/cairn-jepsen list | sed -n 's/^faults: \(.*\) mix$/\1/p')
fi
status=0
for fault in "${faults[@]}"; do
  jepsen/cairn-jepsen run --faults "$fault" --injections "$injections" --seed "$seed" --results jepsen/results || status=1
done
jepsen/cairn-jepsen report
exit $status
