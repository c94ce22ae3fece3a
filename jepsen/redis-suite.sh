#!/usr/bin/env bash
# Redis's own test suite against Cairn: fetches Debian's source package of redis 7.0.15 into jepsen/target, which git does not see, and runs
# its tests (tcl only; nothing of it is built). What came of them is kept in jepsen/redis-suite, from which docs/redis-compatibility.md is made.
#   FILES="zset list"   files; all of them when left out
#   MODE=standalone     or cluster (one node, all slots), raft (three processes)
#   OPTIONS=...         further options: cairn-jepsen redis-suite --help
#   REDIS_SOURCE=dir    a source tree that is there already
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
cache=$PWD/jepsen/target/redis-source
version=7.0.15

fetch() { # apt with a copy of the machine's sources that asks for source packages
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" RETURN
  mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial"
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] && sed 's/^deb /deb-src /' "$file" >"$work/parts/$(basename "$file" .list).list"
  done
  local apt=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$work/parts" -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=$(id -un)" -qq)
  apt-get "${apt[@]}" update
  mkdir -p "$cache"
  (cd "$cache" && apt-get "${apt[@]}" --download-only source redis)
  tar -xzf "$cache"/redis_"$version".orig.tar.gz -C "$cache"
}

for tool in tclsh redis-server; do
  command -v "$tool" >/dev/null || { echo "redis-suite: $tool is missing (Debian: tcl, redis-server)" >&2; exit 1; }
done
source_folder=${REDIS_SOURCE:-$(find "$cache" -mindepth 1 -maxdepth 1 -type d -name 'redis-*' 2>/dev/null | head -1 || true)}
if [ -z "$source_folder" ]; then
  echo "redis-suite: fetching Debian's source package of redis $version into $cache" >&2
  fetch
  source_folder=$(find "$cache" -mindepth 1 -maxdepth 1 -type d -name 'redis-*' | head -1)
fi
status=0
# shellcheck disable=SC2086
jepsen/cairn-jepsen redis-suite --source "$source_folder" --mode "${MODE:-standalone}" ${OPTIONS:-} ${FILES:-} || status=$?
jepsen/cairn-jepsen report
exit $status
