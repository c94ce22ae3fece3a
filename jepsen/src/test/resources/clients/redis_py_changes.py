"""argv: port, protocol (2 or 3), name. Works until a line comes in; see ClientsThroughChangesIT and workload.js."""
import select
import sys
import time

import redis
from redis.cluster import RedisCluster

port, protocol, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
KEYS = 100
more = {"protocol": protocol} if protocol == 3 else {}
startup = [port]


def connect():
    """Any known node leads to the others: the first may be the one that is away."""
    for each in startup:
        try:
            return RedisCluster(host="127.0.0.1", port=each, decode_responses=True, read_from_replicas=True,
                                socket_timeout=5, **more)
        except (redis.RedisError, OSError) as failure:
            last = failure
    raise last


def lost(error):
    """redis-py 4 loses a node's connection for good while it reads the topology anew: only a new client helps."""
    global client, errors, last_error
    errors += 1
    last_error = repr(error)
    if isinstance(error, AttributeError):
        try:
            client = connect()
        except (redis.RedisError, OSError) as again:
            last_error = repr(again)


client = connect()
startup += [node.port for node in client.get_nodes() if node.port != port]
acked, sent = [-1] * KEYS, [-1] * KEYS
writes = reads = errors = 0
wrong = last_error = ""


def check(key, text):
    global wrong
    if text is None:
        return acked[key] < 0
    value = int(text)
    if not 0 <= value <= sent[key]:
        wrong = "%s%d is %s, sent up to %d" % (name, key, text, sent[key])
    return value >= acked[key]


def tick():
    print("tick %d %d %d" % (writes, reads, errors), flush=True)


told = time.time()
i = 0
while not wrong and not select.select([sys.stdin], [], [], 0)[0]:
    key = i % KEYS
    try:
        sent[key] = i
        client.set(name + str(key), str(i))
        acked[key] = i
        writes += 1
    except (redis.RedisError, OSError, AttributeError) as error:
        lost(error)
    try:
        check(key, client.get(name + str(key)))
        reads += 1
    except (redis.RedisError, OSError, AttributeError) as error:
        lost(error)
    i += 1
    if time.time() - told > 0.1:
        told = time.time()
        tick()
    time.sleep(0.002)
tick()
deadline = time.time() + 20
for key in range(KEYS):
    while not wrong:
        try:
            if check(key, client.get(name + str(key))):
                break
        except (redis.RedisError, OSError, AttributeError) as error:
            lost(error)
        if time.time() > deadline:
            wrong = "%s%d lost: acknowledged %d, %s" % (name, key, acked[key], last_error)
        time.sleep(0.05)
# By the slots, as it routes: get_primaries of redis-py 4.3 goes by the roles that nodes had when it first saw them.
primaries = {nodes[0].name for nodes in client.nodes_manager.slots_cache.values()}
print("masters " + ",".join(primaries))
print("wrong " + wrong if wrong else "ok " + last_error, flush=True)
sys.exit(1 if wrong else 0)
