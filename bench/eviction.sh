#!/usr/bin/env bash
# Eviction of Cairn against redis-server: each policy with maxmemory at half of what the keys need, under the same Zipf trace at the same time.
# Prints a Markdown table; ends with 1 when Cairn passed maxmemory or its hit rate under LRU or LFU is not Redis's within 3 points.
#
#   SECONDS_EACH=120  length of each policy's run
#   KEYS=100000       keys of the trace
#   RATE=20000        reads per second of each server
#   POLICIES="..."    those to run; all eight
#   PORT=21100        first port; the next is used too
#   CAIRN_JAVA_HOME   JDK to run Cairn with; CAIRN_JVM_OPTS further JVM options
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
port=${PORT:-21100}
policies=${POLICIES:-allkeys-lru allkeys-lfu allkeys-random volatile-lru volatile-lfu volatile-random volatile-ttl noeviction}
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-eviction.XXXXXX")
pids=()

finish() {
  trap - EXIT INT TERM
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

for tool in redis-server redis-cli java; do
  command -v "$tool" >/dev/null || { echo "eviction: $tool is missing" >&2; exit 1; }
done
mkdir "$work/redis" "$work/cairn"
redis-server --port $((port + 1)) --bind 127.0.0.1 --save '' --appendonly no --dir "$work/redis" >"$work/redis.log" 2>&1 &
pids+=($!)
"$root/cairn" server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/cairn" >"$work/cairn.log" 2>&1 &
pids+=($!)
for at in "$port" $((port + 1)); do
  for ((i = 0; i < 1200; i++)); do
    [ "$(timeout 5 redis-cli -p "$at" ping 2>/dev/null)" = PONG ] && continue 2
    sleep 0.1
  done
  echo "eviction: nothing answers on port $at" >&2
  tail -20 "$work"/*.log >&2
  exit 1
done
echo "$(nproc) cores; $(redis-server --version | sed 's/ sha.*//'); ${KEYS:-100000} keys of 100 to 300 bytes, Zipf 0.9, ${RATE:-20000} reads/s asked for, ${SECONDS_EACH:-120} s each, hits counted in the second half; $(date -u +%F)."
echo
# shellcheck disable=SC2086
java -Xmx256m "$root/bench/EvictionBench.java" "$port" $((port + 1)) "${SECONDS_EACH:-120}" "${KEYS:-100000}" "${RATE:-20000}" $policies
