#!/usr/bin/env bash
# What the raft modules cost a node of the default mode (gossip): the shipped distribution beside one without them, in turn, with
# redis-benchmark. Of the raft modules the second has only the classes that a node in gossip mode loads (their names are printed:
# values such as a range of slots), and nothing of the Raft library. Prints a Markdown table of medians, and the mean ratio.
#
#   ROUNDS=5            rounds; each measures both one after the other, the second first in every other round
#   REQUESTS=150000     requests of a row at pipeline 1; pipeline 16 gets 6 times as many
#   KEYS=200000         size of the random key space
#   PORT=21900          first port; the next three are used too, and those 50 above
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
rounds=${ROUNDS:-5} requests=${REQUESTS:-150000} keys=${KEYS:-200000} port=${PORT:-21900}
clients=50 value=100
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-modes.XXXXXX")
. "$root/bench/servers.sh"
. "$root/bench/measure.sh"
needs redis-cli redis-benchmark

# What only raft mode has: our two modules, the Raft library, and what came with it.
raft_jars=(raft-meta raft-shards jraft-core bolt disruptor jctools-core protobuf-java metrics-core commons-io commons-lang3)

# distribution NAME: a launcher with a lib of its own, first with links to all jars. Neither has an archive of classes.
distribution() {
  local lib="$work/$1-dist/resp-server/target/dist/lib" major
  mkdir -p "$lib"
  ln -s "$root"/resp-server/target/dist/lib/*.jar "$lib"
  cp "$root/cairn" "$work/$1-dist/cairn"
  # An empty archive says that a rehearsal failed; nothing is newer than it.
  for major in $(seq 17 40); do : >"$lib/../classes-$major.jsa"; done
}

# gossip NAME PORT: a node of NAME's distribution in the default mode of a cluster, with all slots.
gossip() {
  start "$1-$2" "$work/$1-dist/cairn" server --port "$2" --cluster-port $(($2 + 50)) --bind 127.0.0.1 --cluster-enabled yes \
    --save '' --dir "$work/$1-$2"
  await "$2" "$1-$2"
  redis-cli -p "$2" cluster addslotsrange 0 16383 >/dev/null
  local i
  for ((i = 0; i < 600; i++)); do
    redis-cli -p "$2" cluster info | grep -q cluster_state:ok && return
    sleep 0.1
  done
  echo "bench: the node of port $2 does not find its cluster well" >&2
  exit 1
}

# loaded: which classes a node in gossip mode loads, "class jar" a line, from a node that does all that is measured and more.
loaded() {
  local at=$port
  CAIRN_JVM_OPTS="-Xlog:class+load=info:file=$work/classes.log:none:filesize=0" gossip with "$at"
  redis-benchmark -p "$at" -t set,get,incr,lpush,rpush,lpop,sadd,hset,spop,zadd -P 16 -n 100000 -c $clients -r "$keys" -q >/dev/null 2>&1
  local command
  for command in "info" "cluster nodes" "cluster slots" "cluster shards" "cluster info" "cluster myid" "config get *"; do
    # shellcheck disable=SC2086
    redis-cli -p "$at" $command >/dev/null
  done
  stop_last 1
  sed -n 's|^\([^ ]*\) source: .*/\([^/ ]*\)\.jar$|\1 \2|p' "$work/classes.log" | sort -u >"$work/loaded"
  [ -s "$work/loaded" ] || { echo "bench: no class was seen" >&2; exit 1; }
}

# take_out: leaves of the raft jars in the second distribution only what "loaded" names.
take_out() {
  local lib="$work/without-dist/resp-server/target/dist/lib" jar name class java_home
  java_home=$(sed -n 's/^java.home = //p' "$work/home")
  : >"$work/kept"
  for name in "${raft_jars[@]}"; do
    for jar in "$lib/$name"-[0-9]*.jar; do
      [ -e "$jar" ] || { echo "bench: there is no $name.jar any more" >&2; exit 1; }
      rm -rf "$work/jar"
      mkdir "$work/jar"
      (cd "$work/jar" && "$java_home/bin/jar" xf "$root/resp-server/target/dist/lib/$(basename "$jar")")
      rm "$jar"
      mkdir -p "$work/kept-classes"
      awk -v j="$(basename "$jar" .jar)" '$2 == j { print $1 }' "$work/loaded" | while read -r class; do
        case "$class" in *0x* | *Lambda*) continue ;; esac
        echo "$name $class" >>"$work/kept"
        mkdir -p "$work/kept-classes/$(dirname "${class//.//}")"
        cp "$work/jar/${class//.//}.class" "$work/kept-classes/${class//.//}.class"
      done
    done
  done
  if [ -s "$work/kept" ]; then "$java_home/bin/jar" cf "$lib/raft-values.jar" -C "$work/kept-classes" .; fi
}

[ -f "$root/resp-server/target/dist/lib/.built" ] || "$root/cairn" --version >/dev/null
distribution with
distribution without
CAIRN_JVM_OPTS=-XshowSettings:properties "$work/with-dist/cairn" --version 2>&1 | sed 's/^ *//' >"$work/home"
echo "bench: looking which classes are loaded" >&2
loaded
take_out

with=$((port + 1)) without=$((port + 2))
gossip with "$with"
java_of "${pids[-1]}"
gossip without "$without"
echo "bench: warming both" >&2
fill "$with"
fill "$without"
: >"$work/results"
for ((round = 1; round <= rounds; round++)); do
  echo "bench: round $round of $rounds" >&2
  for pipeline in 1 16; do
    count=$((pipeline == 1 ? requests : requests * 6))
    for test in set get incr; do
      if ((round % 2)); then
        measure without "$without" $test $pipeline $count
        measure with "$with" $test $pipeline $count
      else
        measure with "$with" $test $pipeline $count
        measure without "$without" $test $pipeline $count
      fi
    done
  done
done

echo "### Gossip mode, with the raft modules and without"
echo
setting
echo
echo "Taken out: $(printf '%s, ' "${raft_jars[@]}" | sed 's/, $//'), but for what a node in gossip mode loads of them, $(wc -l <"$work/kept") classes:"
awk '{ print "`" $2 "`" }' "$work/kept" | paste -sd' ' -
echo
table without with | tee "$work/table"
echo
awk -F'|' 'NR > 2 { sum += log($6); n++ } END { printf "Mean ratio (geometric) of the speed with the raft modules to that without: %.3f\n", exp(sum / n) }' "$work/table"
