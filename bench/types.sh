#!/usr/bin/env bash
# How commands that are O(1) or O(log n) in Redis grow with the collection, on redis-server and on Cairn in turn. Prints a Markdown table; status 1
# when a command of Cairn's grows much more than Redis's.
#
#   SIZES="1000 10000 100000 1000000"  elements of the one key; growth is from the first to the last
#   ROUNDS=3            samples of each cell, whose median counts
#   MILLIS=150          how long a sample takes
#   BOUND=5             how many times Redis's growth is too much
#   FLOOR=20            microseconds of growth that are not looked at: an O(n) command grows by milliseconds
#   ONLY="list hash set zset lex stream"  some of the families
#   CAIRN_JAVA_HOME     JDK to run Cairn and the client with; CAIRN_JVM_OPTS further JVM options of Cairn
#   CAIRN=cairn         the launcher
#   PORT=21800          first of two ports
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
port=${PORT:-21800}
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-bench.XXXXXX")
. "$root/bench/servers.sh"
needs redis-server redis-cli
java=${CAIRN_JAVA_HOME:+$CAIRN_JAVA_HOME/bin/}java

start redis redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/redis"
start cairn "${CAIRN:-$root/cairn}" server --port "$((port + 1))" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/cairn"
await "$port" redis
await "$((port + 1))" cairn
export SIZES ROUNDS MILLIS BOUND FLOOR ONLY
"$java" -Xmx700m "$root/bench/TypesBench.java" "$port" "${pids[0]}" "$((port + 1))" "${pids[1]}"
