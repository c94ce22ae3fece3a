"""redis-py's cluster client as Debian ships it: argv is a port of the cluster and the number of keys."""
import sys

from redis.cluster import RedisCluster

port, keys = int(sys.argv[1]), int(sys.argv[2])
client = RedisCluster(host="127.0.0.1", port=port, decode_responses=True)
primaries = client.get_primaries()
assert len(primaries) == 3, primaries
for i in range(keys):
    assert client.set("py:%d" % i, "value-%d" % i)
for i in range(keys):
    assert client.get("py:%d" % i) == "value-%d" % i, i
assert client.incr("py:counter") == 1
assert client.mset({"{py}a": "1", "{py}b": "2"})
assert client.mget("{py}a", "{py}b") == ["1", "2"]
pipe = client.pipeline()
for i in range(100):
    pipe.set("pypipe:%d" % i, i)
assert all(pipe.execute())
assert sum(1 for _ in client.scan_iter(match="py:*", count=1000)) == keys + 1
print("ok")
