# Sourced by the benchmarks: servers in the background, stopped at the end whatever happens. Needs $work; fills $pids.
pids=()

finish() {
  trap - EXIT INT TERM
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || continue 2; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# needs TOOL...: ends with a hint when one is missing.
needs() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "bench: $tool is missing (Debian: redis-server, redis-tools)" >&2; exit 1; }
  done
}

# start NAME COMMAND...: runs a server in the background and keeps its pid.
start() {
  local name=$1
  shift
  mkdir -p "$work/$name"
  (cd "$work/$name" && exec "$@" >"$work/$name.log" 2>&1) &
  pids+=($!)
}

# stop_last N: stops the last N servers started.
stop_last() {
  local i pid
  for ((i = 0; i < $1; i++)); do
    pid=${pids[-1]}
    unset 'pids[-1]'
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

await() { # await PORT LOGNAME
  local i
  for ((i = 0; i < 600; i++)); do
    [ "$(redis-cli -p "$1" ping 2>/dev/null)" = PONG ] && return
    sleep 0.1
  done
  echo "bench: nothing answers on port $1" >&2
  tail -20 "$work/$2.log" >&2
  exit 1
}
