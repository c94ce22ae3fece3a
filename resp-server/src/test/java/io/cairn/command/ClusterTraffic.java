package io.cairn.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.exceptions.JedisClusterOperationException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Threads that write and read through a stock cluster client (Jedis) and know what each reply has to be: every key is written by
 * one thread only. A write whose outcome is unknown makes both values right until the next read tells. Errors are counted by
 * their text.
 */
final class ClusterTraffic implements AutoCloseable {
    private static final int KEYS = 200;
    private static final int JOIN_SECONDS = 30;

    private final JedisCluster client;
    private final List<Thread> threads = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final LongAdder calls = new LongAdder();
    private final AtomicLong slowestNanos = new AtomicLong();
    private volatile boolean stopped;

    /**
     * @param seeds ports on this machine
     * @param pauseMillis of a thread between two calls
     */
    ClusterTraffic(Set<Integer> seeds, int writers, int pauseMillis) {
        Set<HostAndPort> nodes = new java.util.HashSet<>();
        seeds.forEach(port -> nodes.add(new HostAndPort("127.0.0.1", port)));
        client = new JedisCluster(nodes);
        for (int i = 0; i < writers; i++) {
            Writer writer = new Writer(i, pauseMillis);
            Thread thread = new Thread(writer, "traffic-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    /** One thread and its keys. */
    private final class Writer implements Runnable {
        private final int number;
        private final int pauseMillis;
        private final long[] written = new long[KEYS];
        /** Another value that the key may have, or -1. */
        private final long[] maybe = new long[KEYS];

        Writer(int number, int pauseMillis) {
            this.number = number;
            this.pauseMillis = pauseMillis;
            java.util.Arrays.fill(maybe, -1);
        }

        @Override
        public void run() {
            java.util.Random random = new java.util.Random(number);
            while (!stopped) {
                int key = random.nextInt(KEYS);
                long began = System.nanoTime();
                try {
                    call(key, random.nextInt(4));
                } catch (JedisDataException | JedisClusterOperationException e) {
                    String text = String.valueOf(e.getMessage());
                    if (text.startsWith("UNKNOWNOUTCOME") || e instanceof JedisClusterOperationException) {
                        maybe[key] = pending;
                    }
                    count(text);
                } catch (JedisException e) {
                    maybe[key] = pending;
                    count(e.getClass().getSimpleName() + ": " + e.getMessage());
                }
                pending = -1;
                calls.increment();
                slowestNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
                pause();
            }
        }

        private long pending = -1;

        private void pause() {
            try {
                Thread.sleep(pauseMillis);
            } catch (InterruptedException e) {
                stopped = true;
            }
        }

        private void call(int key, int kind) {
            String name = "traffic:" + number + ":" + key;
            if (kind == 0 || maybe[key] >= 0) {
                String value = client.get(name);
                long is = value == null ? 0 : Long.parseLong(value);
                if (is != written[key] && is != maybe[key]) {
                    wrong(name + " is " + value + ", not " + written[key] + " (or " + maybe[key] + ")");
                }
                written[key] = is;
                maybe[key] = -1;
            } else if (kind == 1 && written[key] != 0) {
                pending = 0;
                long deleted = client.del(name);
                if (deleted != 1) {
                    wrong("DEL " + name + " answered " + deleted + " for " + written[key]);
                }
                written[key] = 0;
            } else {
                pending = written[key] + 1;
                long is = client.incr(name);
                if (is != pending) {
                    wrong("INCR " + name + " answered " + is + ", not " + pending);
                }
                written[key] = is;
            }
        }
    }

    private void count(String text) {
        errors.computeIfAbsent(text.replaceAll("[0-9]+", "N"), name -> new LongAdder())
                .increment();
    }

    private void wrong(String what) {
        synchronized (wrong) {
            wrong.add(what);
        }
    }

    /** Replies that were not what they had to be. */
    List<String> wrongReplies() {
        synchronized (wrong) {
            return List.copyOf(wrong);
        }
    }

    /** Errors since the last call of this, by their text without numbers; redirects never get here. */
    Map<String, Long> takeErrors() {
        Map<String, Long> taken = new TreeMap<>();
        errors.forEach((word, count) -> {
            long sum = count.sumThenReset();
            if (sum > 0) {
                taken.put(word, sum);
            }
        });
        return taken;
    }

    long takeCalls() {
        return calls.sumThenReset();
    }

    /** The longest call since the last call of this, milliseconds. */
    long takeSlowestMillis() {
        return TimeUnit.NANOSECONDS.toMillis(slowestNanos.getAndSet(0));
    }

    @Override
    public void close() {
        stopped = true;
        @Nullable InterruptedException interrupted = null;
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(JOIN_SECONDS));
            } catch (InterruptedException e) {
                interrupted = e;
            }
        }
        client.close();
        if (interrupted != null) {
            Thread.currentThread().interrupt();
        }
    }
}
