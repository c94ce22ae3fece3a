#!/usr/bin/env bash
# Cairn against real redis-server on this machine, in turn, with redis-benchmark. Prints Markdown tables of medians.
#
#   ROUNDS=3            rounds; each measures both servers one after the other, so that both see the same weather
#   REQUESTS=200000     requests of a row at pipeline 1; pipelines 16 and 64 get 6 and 12 times as many
#   CLUSTER_REQUESTS=60000  the same for the clusters; pipeline 16 gets 6 times as many
#   KEYS=1000000        size of the random key space
#   ONLY=standalone|cluster  one of the two tables
#   CAIRN_JAVA_HOME     JDK to run Cairn with; CAIRN_JVM_OPTS further JVM options
#   PORT=21800          first port; the next 60 are used too
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
rounds=${ROUNDS:-3} requests=${REQUESTS:-200000} cluster_requests=${CLUSTER_REQUESTS:-60000} keys=${KEYS:-1000000}
port=${PORT:-21800} only=${ONLY:-all}
clients=50 value=100
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-bench.XXXXXX")
. "$root/bench/servers.sh"
. "$root/bench/measure.sh"
needs redis-server redis-cli redis-benchmark

standalone() {
  local redis=$port cairn=$((port + 1)) round test pipeline count
  start redis redis-server --port "$redis" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/redis"
  start cairn "$root/cairn" server --port "$cairn" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/cairn"
  await "$redis" redis
  await "$cairn" cairn
  java_of "${pids[-1]}"
  echo "bench: warming both" >&2
  fill "$redis"
  fill "$cairn"
  : >"$work/results"
  for ((round = 1; round <= rounds; round++)); do
    echo "bench: standalone, round $round of $rounds" >&2
    for pipeline in 1 16 64; do
      count=$((pipeline == 1 ? requests : pipeline == 16 ? requests * 6 : requests * 12))
      for test in set get incr; do
        measure redis "$redis" $test $pipeline $count
        measure cairn "$cairn" $test $pipeline $count
      done
    done
  done
  echo "### Standalone, both \`appendonly no\`, \`save \"\"\`"
  echo
  setting
  echo
  table redis cairn
  echo
  stop_last 2
}

cluster() {
  local i redis=$((port + 10)) cairn=$((port + 20)) seeds nodes="" round test pipeline count
  for ((i = 0; i < 9; i++)); do
    start "redis-$i" redis-server --port $((redis + i)) --bind 127.0.0.1 --cluster-enabled yes --save '' \
      --appendonly yes --appendfsync always --dir "$work/redis-$i"
    nodes="$nodes 127.0.0.1:$((redis + i))"
  done
  for ((i = 0; i < 9; i++)); do await $((redis + i)) "redis-$i"; done
  # shellcheck disable=SC2086
  redis-cli --cluster create $nodes --cluster-replicas 2 --cluster-yes >"$work/create-redis.log"
  seeds="127.0.0.1:$cairn,127.0.0.1:$((cairn + 3)),127.0.0.1:$((cairn + 6))"
  nodes=""
  for ((i = 0; i < 9; i += 3)); do
    start "cairn-$i" "$root/cairn" server --port "$((cairn + i)),$((cairn + i + 1)),$((cairn + i + 2))" --bind 127.0.0.1 \
      --cluster-raft-port "$((cairn + i + 20)),$((cairn + i + 21)),$((cairn + i + 22))" \
      --cluster-enabled yes --cluster-consensus raft --cluster-seeds "$seeds" --save '' --dir "$work/cairn-$i"
  done
  for i in 0 3 6 1 4 7 2 5 8; do
    await $((cairn + i)) "cairn-$((i / 3 * 3))"
    nodes="$nodes 127.0.0.1:$((cairn + i))"
  done
  java_of "${pids[-1]}"
  # shellcheck disable=SC2086
  "$root/cairn" cluster create $nodes --replicas 2 >"$work/create-cairn.log"
  for ((i = 0; i < 600; i++)); do
    [ "$(redis-cli -p "$cairn" cluster info | grep -c 'cluster_state:ok')" = 1 ] &&
      [ "$(redis-cli -p "$redis" cluster info | grep -c 'cluster_state:ok')" = 1 ] && break
    sleep 0.1
  done
  echo "bench: warming both clusters" >&2
  for round in 1 2; do
    for i in "$redis" "$cairn"; do
      redis-benchmark -p "$i" --cluster -t set,get,incr -P 16 -n $((cluster_requests * 5)) -c $clients -d $value -r "$keys" -q >/dev/null 2>&1
    done
  done
  : >"$work/results"
  for ((round = 1; round <= rounds; round++)); do
    echo "bench: clusters, round $round of $rounds" >&2
    for pipeline in 1 16; do
      count=$((pipeline == 1 ? cluster_requests : cluster_requests * 6))
      for test in set get incr; do
        measure redis-cluster "$redis" $test $pipeline $count --cluster
        measure cairn-raft "$cairn" $test $pipeline $count --cluster
      done
    done
  done
  echo "### Clusters of 3 primaries and 6 replicas, \`appendfsync always\`"
  echo
  echo "Redis Cluster acknowledges when its primary has fsynced; Cairn in raft mode when a majority of the shard has. Redis runs nine processes, Cairn three of three nodes."
  echo
  setting
  echo
  table redis-cluster cairn-raft
  echo
}

[ "$only" = cluster ] || standalone
[ "$only" = standalone ] || cluster
