#!/usr/bin/env bash
# make bench-reshard: what bench-migration does, by redis-cli --cluster reshard between primaries of real Redis: 4,096 slots with
# KEYS keys of 100 bytes (the same keys), nobody else at work. Needs redis-server, redis-cli and python3.
set -euo pipefail
keys=${1:-1000000}
port=${2:-22900}
dir=$(mktemp -d)
pids=()
stop() { for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done; rm -rf "$dir"; }
trap stop EXIT
nodes=()
for i in 0 1 2; do
  mkdir "$dir/$i"
  (cd "$dir/$i" && exec redis-server --port $((port + i)) --bind 127.0.0.1 --cluster-enabled yes --save "" --appendonly no \
    --cluster-port $((port + 10 + i)) >redis.log 2>&1) &
  pids+=($!)
  nodes+=("127.0.0.1:$((port + i))")
done
for i in 0 1 2; do until redis-cli -p $((port + i)) ping >/dev/null 2>&1; do sleep 0.1; done; done
redis-cli --cluster create "${nodes[@]}" --cluster-yes >"$dir/create.log"
for i in 0 1 2; do until redis-cli -p $((port + i)) cluster info | grep -q cluster_state:ok; do sleep 0.2; done; done
python3 - "$keys" <<'P' | redis-cli -p "$port" --pipe >"$dir/load.log"
import sys
from binascii import crc_hqx
left, i, out = int(sys.argv[1]), 0, []
while left:
    key = b"data:%d" % i
    i += 1
    if crc_hqx(key, 0) % 16384 < 4096:
        left -= 1
        out.append(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$100\r\n%s\r\n" % (len(key), key, (key + b"=").ljust(100, b"x")[:100]))
        if len(out) == 10000:
            sys.stdout.buffer.write(b"".join(out)); out = []
sys.stdout.buffer.write(b"".join(out))
P
from=$(redis-cli -p "$port" cluster myid)
to=$(redis-cli -p $((port + 2)) cluster myid)
before=$(redis-cli -p $((port + 2)) dbsize)
begin=$(date +%s.%N)
redis-cli --cluster reshard "${nodes[0]}" --cluster-from "$from" --cluster-to "$to" --cluster-slots 4096 --cluster-yes >"$dir/reshard.log" 2>&1
end=$(date +%s.%N)
moved=$(($(redis-cli -p $((port + 2)) dbsize) - before))
awk -v keys="$moved" -v s="$(echo "$end $begin" | awk '{print $1 - $2}')" \
  'BEGIN { printf "redis-cli --cluster reshard: 4096 slots, %d keys in %.2f s, %.0f keys/s\n", keys, s, keys / s }'
[ "$moved" -eq "$keys" ]
