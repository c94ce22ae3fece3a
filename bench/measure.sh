# Sourced by the benchmarks: rows by redis-benchmark, and tables of their medians. Needs $work, $clients, $value, $keys, $requests, $rounds.

# measure LABEL PORT TEST PIPELINE REQUESTS [options]: appends "label test pipeline requests-per-second p99" to the results.
measure() {
  local label=$1 at=$2 test=$3 pipeline=$4 count=$5
  shift 5
  redis-benchmark -p "$at" -t "$test" -P "$pipeline" -n "$count" -c $clients -d $value -r "$keys" --csv "$@" \
    2>"$work/benchmark.err" |
    awk -F'","|"' -v l="$label" -v t="$test" -v p="$pipeline" 'NR > 1 { print l, t, p, $3, $8 }' >>"$work/results"
}

# fill PORT [options]: fills the key space and runs every path until it is compiled.
fill() {
  local at=$1 round
  shift
  for round in 1 2; do
    redis-benchmark -p "$at" -t set -P 64 -n "$keys" -c $clients -d $value -r "$keys" -q "$@" >/dev/null 2>&1
    redis-benchmark -p "$at" -t get,incr -P 16 -n $((keys / 2)) -c $clients -d $value -r "$keys" -q "$@" >/dev/null 2>&1
  done
  redis-benchmark -p "$at" -t set,get,incr -P 1 -n "$requests" -c $clients -d $value -r "$keys" -q "$@" >/dev/null 2>&1
}

# table FIRST SECOND: medians of each row, and the ratio of the second to the first.
table() {
  echo "| command | pipeline | $1 req/s | $2 req/s | ratio | $1 p99 ms | $2 p99 ms |"
  echo "|---|---|---|---|---|---|---|"
  awk -v first="$1" -v second="$2" '
    function median(list,   n, i, j, t, a) {
      n = split(list, a, " ")
      for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
      return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
    }
    { k = $2 " " $3; if (!(k in seen)) { seen[k] = 1; order[++rows] = k } rps[$1, k] = rps[$1, k] " " $4; p99[$1, k] = p99[$1, k] " " $5 }
    END {
      for (i = 1; i <= rows; i++) {
        k = order[i]; split(k, parts, " ")
        a = median(rps[first, k]); b = median(rps[second, k])
        printf "| %s | %s | %d | %d | %.2f | %.2f | %.2f |\n", toupper(parts[1]), parts[2], a, b, (a ? b / a : 0), median(p99[first, k]), median(p99[second, k])
      }
    }' "$work/results"
}

setting() {
  local java
  java=$(sed -n 's/^java: //p' "$work/java" | head -1)
  echo "$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo)," \
    "Linux $(uname -r); $(redis-server --version | sed 's/ sha.*//'); $java."
  echo "redis-benchmark on the same machine, $clients clients, $value-byte values, $keys random keys, $rounds rounds, medians; date $(date -u +%F)."
}

java_of() { # java_of PID: which JDK and options a server runs with
  {
    printf 'java: '
    { "$(readlink -f "/proc/$1/exe")" -version 2>&1 || true; } | sed -n 2p | tr -d '\n'
    printf ', '
    { tr '\0' '\n' <"/proc/$1/cmdline" | grep -E '^-X(mx|ms|X)' || true; } | tr '\n' ' '
    echo
  } >"$work/java"
}
