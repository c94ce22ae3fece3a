import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Times commands that are O(1) or O(log n) in Redis on one collection of 1e3, 1e4, ... elements, on two servers in turn, and prints how their times grow. To be run
 * by bench/types.sh. A time is what the threads that serve commands spend on a processor, as Linux tells it (schedstat), so that a busy machine does not show; without
 * the compiler, the collector and what frees memory in the background. A command changes nothing in the end: what it adds it takes away again, and the time is that of all its calls.
 *
 * <p>Exit status 1: a command of the second server grew more than BOUND times as much as on the first, and by more than FLOOR microseconds.
 */
public final class TypesBench {
    private static final int PIPELINE = 32;
    private static final int LEAST_TURNS = 20 * PIPELINE;
    private static final int BUILD_BATCH = 500;
    private static final int BUILD_PIPELINE = 1000;
    private static final int BUILD_BYTES = 256 << 10;
    /** One piece of a collection's key space: "e:" and ten digits, so that names do not tell sizes. */
    private static final String NAME = "e:%010d";

    private final int[] sizes;
    private final int rounds;
    private final long millis;
    private final double bound;
    private final double floorMicros;
    private final String only;
    /** Cases with a command that a server does not have. */
    private final Set<String> missing = new LinkedHashSet<>();

    private TypesBench() {
        this.sizes = Arrays.stream(setting("SIZES", "1000 10000 100000 1000000").trim().split("\\s+"))
                .mapToInt(Integer::parseInt)
                .toArray();
        this.rounds = Integer.parseInt(setting("ROUNDS", "3"));
        this.millis = Long.parseLong(setting("MILLIS", "150"));
        this.bound = Double.parseDouble(setting("BOUND", "5"));
        this.floorMicros = Double.parseDouble(setting("FLOOR", "20"));
        this.only = setting("ONLY", "").toLowerCase(Locale.ROOT);
    }

    private static String setting(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    public static void main(String[] args) throws IOException {
        TypesBench bench = new TypesBench();
        try (Server redis = new Server("redis", Integer.parseInt(args[0]), Long.parseLong(args[1]));
                Server cairn = new Server("cairn", Integer.parseInt(args[2]), Long.parseLong(args[3]))) {
            System.exit(bench.run(redis, cairn) ? 0 : 1);
        }
    }

    /** The calls of one turn; {@code i} counts turns. */
    private interface Turn {
        void write(Requests out, long i, int n);
    }

    private record Case(String name, Turn turn) {}

    /** A kind of collection, and what is measured on one of {@code n} elements under the key "k". */
    private record Family(String name, Turn build, List<Case> cases) {}

    private boolean run(Server redis, Server cairn) throws IOException {
        List<Family> families = new ArrayList<>(Cases.all());
        families.removeIf(family -> !only.isEmpty() && !List.of(only.split("\\s+")).contains(family.name));
        Map<String, double[][]> cells = new LinkedHashMap<>();
        for (Family family : families) {
            System.err.println("bench: " + family.name + ", warming");
            for (Server server : List.of(redis, cairn)) {
                build(server, family, sizes[0]);
                for (int round = 0; round < 3; round++) {
                    for (Case one : family.cases) {
                        try {
                            time(server, one, sizes[0], millis);
                        } catch (UnknownCommandException e) {
                            missing.add(one.name);
                        }
                    }
                }
                server.call("UNLINK", "k", "other");
            }
            for (int s = 0; s < sizes.length; s++) {
                System.err.println("bench: " + family.name + ", " + sizes[s]);
                build(redis, family, sizes[s]);
                build(cairn, family, sizes[s]);
                for (Case one : family.cases) {
                    if (missing.contains(one.name)) {
                        continue;
                    }
                    double[][] row = cells.computeIfAbsent(family.name + " " + one.name, x -> new double[2][sizes.length]);
                    double[][] samples = new double[2][rounds];
                    for (int round = 0; round < rounds; round++) {
                        samples[0][round] = time(redis, one, sizes[s], millis);
                        samples[1][round] = time(cairn, one, sizes[s], millis);
                    }
                    row[0][s] = median(samples[0]);
                    row[1][s] = median(samples[1]);
                }
                double[][] row = cells.computeIfAbsent(family.name + " UNLINK", x -> new double[2][sizes.length]);
                row[0][s] = unlink(redis, family, sizes[s]);
                row[1][s] = unlink(cairn, family, sizes[s]);
            }
        }
        return print(cells);
    }

    private static double median(double[] of) {
        double[] sorted = of.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void build(Server server, Family family, int n) throws IOException {
        server.call("UNLINK", "k", "other");
        family.build.write(server.requests, 0, n);
        server.flush(BUILD_PIPELINE);
    }

    /** Microseconds of one turn. */
    private static double time(Server server, Case one, int n, long millis) throws IOException {
        long turns = 0;
        long wall = 0;
        long cpu = server.cpu.nanos();
        // A command that takes long has taken long enough after some time, whatever the number of turns.
        while (wall < millis * 1_000_000 || (turns < LEAST_TURNS && wall < 20 * millis * 1_000_000)) {
            for (int i = 0; i < PIPELINE; i++) {
                one.turn.write(server.requests, server.turn++, n);
            }
            long began = System.nanoTime();
            server.flush(Integer.MAX_VALUE);
            wall += System.nanoTime() - began;
            turns += PIPELINE;
        }
        return (server.cpu.nanos() - cpu) / 1e3 / turns;
    }

    /** Microseconds, the median of some keys: of the first, which is there, and of ones that are built for it. */
    private double unlink(Server server, Family family, int n) throws IOException {
        double[] samples = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            if (round > 0) {
                build(server, family, n);
            }
            long began = server.cpu.nanos();
            server.call("UNLINK", "k");
            samples[round] = (server.cpu.nanos() - began) / 1e3;
        }
        server.call("UNLINK", "other");
        return median(samples);
    }

    private boolean print(Map<String, double[][]> cells) {
        StringBuilder head = new StringBuilder("| CPU microseconds |");
        StringBuilder line = new StringBuilder("|---|");
        for (String server : List.of("redis", "cairn")) {
            for (int size : sizes) {
                head.append(' ').append(server).append(' ').append(String.format(Locale.ROOT, "%.0e", (double) size)).append(" |");
                line.append("---|");
            }
        }
        System.out.println(head + " redis grows | cairn grows |  |");
        System.out.println(line + "---|---|---|");
        List<String> worse = new ArrayList<>();
        cells.forEach((name, row) -> {
            StringBuilder text = new StringBuilder("| " + name + " |");
            for (double[] server : row) {
                for (double cell : server) {
                    text.append(String.format(Locale.ROOT, " %.2f |", cell));
                }
            }
            double redis = growth(row[0]);
            double cairn = growth(row[1]);
            double more = row[1][sizes.length - 1] - row[1][0];
            // One call alone varies by more than many do.
            double least = name.endsWith(" UNLINK") ? Math.max(floorMicros, 2_000) : floorMicros;
            boolean bad = cairn > bound * Math.max(1, redis) && more > least;
            if (bad) {
                worse.add(name);
            }
            text.append(String.format(Locale.ROOT, " %.1f | %.1f | %s |", redis, cairn, bad ? "**grows**" : ""));
            System.out.println(text);
        });
        System.out.println();
        if (!missing.isEmpty()) {
            System.out.println("Not measured, since a server does not know them: " + missing + "\n");
        }
        System.out.println(
                worse.isEmpty()
                        ? cells.size() + " commands: none grows more than " + bound + " times as much as Redis's."
                        : "These grow more than " + bound + " times as much as Redis's: " + worse);
        return worse.isEmpty();
    }

    private static double growth(double[] row) {
        return row[row.length - 1] / row[0];
    }

    private static String name(long number) {
        return String.format(Locale.ROOT, NAME, number);
    }

    /** A place somewhere in 0 to n - 1, other ones in each turn. */
    private static long place(long i, int n) {
        return Math.floorMod(i * 0x9E3779B97F4A7C15L >>> 17, (long) n);
    }

    /** What is measured. */
    private static final class Cases {
        static List<Family> all() {
            return List.of(list(), hash(), set(), zset(), lex(), stream());
        }

        private static Case of(String name, Turn turn) {
            return new Case(name, turn);
        }

        /** Adds what is true of every collection. */
        private static List<Case> with(List<Case> own) {
            List<Case> all = new ArrayList<>(own);
            all.add(of("EXISTS", (out, i, n) -> out.add("EXISTS", "k")));
            all.add(of("TYPE", (out, i, n) -> out.add("TYPE", "k")));
            all.add(of("OBJECT ENCODING", (out, i, n) -> out.add("OBJECT", "ENCODING", "k")));
            all.add(of("MEMORY USAGE", (out, i, n) -> out.add("MEMORY", "USAGE", "k")));
            all.add(of("EXPIRE, PERSIST", (out, i, n) -> out.add("EXPIRE", "k", "1000").add("PERSIST", "k")));
            all.add(of("RENAME", (out, i, n) -> out.add("RENAME", "k", "k2").add("RENAME", "k2", "k")));
            return all;
        }

        private static Turn inBatches(String command, int perElement, Element element) {
            return (out, i, n) -> {
                for (int from = 0; from < n; from += BUILD_BATCH) {
                    int to = Math.min(n, from + BUILD_BATCH);
                    String[] words = new String[2 + (to - from) * perElement];
                    words[0] = command;
                    words[1] = "k";
                    for (int e = from; e < to; e++) {
                        element.put(words, 2 + (e - from) * perElement, e);
                    }
                    out.add(words);
                }
            };
        }

        private interface Element {
            void put(String[] words, int at, int number);
        }

        private static Family list() {
            return new Family("list", inBatches("RPUSH", 1, (words, at, e) -> words[at] = name(e)), with(List.of(
                    of("LPUSH, LPOP", (out, i, n) -> out.add("LPUSH", "k", "new").add("LPOP", "k")),
                    of("RPUSH, RPOP", (out, i, n) -> out.add("RPUSH", "k", "new").add("RPOP", "k")),
                    of("LPUSHX, LPOP 1", (out, i, n) -> out.add("LPUSHX", "k", "new").add("LPOP", "k", "1")),
                    of("RPUSH, LPOP", (out, i, n) -> out.add("RPUSH", "k", name(i)).add("LPOP", "k")),
                    of("LMOVE", (out, i, n) -> out.add("LMOVE", "k", "k", "LEFT", "RIGHT")),
                    of("RPOPLPUSH", (out, i, n) -> out.add("RPOPLPUSH", "k", "k")),
                    of("LMPOP, LPUSH", (out, i, n) -> out.add("LMPOP", "1", "k", "LEFT").add("LPUSH", "k", "new")),
                    of("BLPOP, LPUSH", (out, i, n) -> out.add("BLPOP", "k", "0").add("LPUSH", "k", "new")),
                    of("BLMOVE", (out, i, n) -> out.add("BLMOVE", "k", "k", "LEFT", "RIGHT", "0")),
                    of("LLEN", (out, i, n) -> out.add("LLEN", "k")),
                    of("LINDEX 5", (out, i, n) -> out.add("LINDEX", "k", "5")),
                    of("LINDEX -5", (out, i, n) -> out.add("LINDEX", "k", "-5")),
                    of("LSET 5", (out, i, n) -> out.add("LSET", "k", "5", name(i))),
                    of("LSET -5", (out, i, n) -> out.add("LSET", "k", "-5", name(i))),
                    of("LRANGE 0 9", (out, i, n) -> out.add("LRANGE", "k", "0", "9")),
                    of("LRANGE -10 -1", (out, i, n) -> out.add("LRANGE", "k", "-10", "-1")),
                    of("LPUSH, LTRIM 1 -1", (out, i, n) -> out.add("LPUSH", "k", "new").add("LTRIM", "k", "1", "-1")),
                    of("RPUSH, LTRIM 0 -2", (out, i, n) -> out.add("RPUSH", "k", "new").add("LTRIM", "k", "0", "-2")),
                    of("LPUSH, LREM 1", (out, i, n) -> out.add("LPUSH", "k", "new").add("LREM", "k", "1", "new")),
                    of("RPUSH, LREM -1", (out, i, n) -> out.add("RPUSH", "k", "new").add("LREM", "k", "-1", "new")))));
        }

        private static Family hash() {
            return new Family(
                    "hash",
                    inBatches("HSET", 2, (words, at, e) -> {
                        words[at] = name(e);
                        words[at + 1] = Integer.toString(e);
                    }),
                    with(List.of(
                            of("HSET new, HDEL", (out, i, n) -> out.add("HSET", "k", "new" + i, "v").add("HDEL", "k", "new" + i)),
                            of("HSET", (out, i, n) -> out.add("HSET", "k", name(place(i, n)), Long.toString(i))),
                            of("HSET longer", (out, i, n) -> out.add("HSET", "k", name(place(i, n)), "1".repeat(1 + (int) (i % 18)))),
                            of("HSETNX", (out, i, n) -> out.add("HSETNX", "k", name(place(i, n)), "v")),
                            of("HGET", (out, i, n) -> out.add("HGET", "k", name(place(i, n)))),
                            of("HMGET 3", (out, i, n) -> out.add("HMGET", "k", name(place(i, n)), name(place(i + 1, n)), "none")),
                            of("HINCRBY", (out, i, n) -> out.add("HSET", "k", name(place(i, n)), "5").add("HINCRBY", "k", name(place(i, n)), "1")),
                            of("HINCRBYFLOAT", (out, i, n) -> out.add("HSET", "k", name(place(i, n)), "5").add("HINCRBYFLOAT", "k", name(place(i, n)), "1")),
                            of("HLEN", (out, i, n) -> out.add("HLEN", "k")),
                            of("HEXISTS", (out, i, n) -> out.add("HEXISTS", "k", name(place(i, n)))),
                            of("HSTRLEN", (out, i, n) -> out.add("HSTRLEN", "k", name(place(i, n)))),
                            of("HRANDFIELD", (out, i, n) -> out.add("HRANDFIELD", "k")),
                            of("HRANDFIELD 5", (out, i, n) -> out.add("HRANDFIELD", "k", "5")),
                            of("HRANDFIELD -5", (out, i, n) -> out.add("HRANDFIELD", "k", "-5", "WITHVALUES")),
                            of("HSCAN", (out, i, n) -> out.add("HSCAN", "k", "0", "COUNT", "10")))));
        }

        private static Family set() {
            return new Family("set", inBatches("SADD", 1, (words, at, e) -> words[at] = name(e)), with(List.of(
                    of("SADD, SREM", (out, i, n) -> out.add("SADD", "k", "new" + i).add("SREM", "k", "new" + i)),
                    of("SISMEMBER", (out, i, n) -> out.add("SISMEMBER", "k", name(place(i, n)))),
                    of("SMISMEMBER 3", (out, i, n) -> out.add("SMISMEMBER", "k", name(place(i, n)), name(place(i + 1, n)), "none")),
                    of("SCARD", (out, i, n) -> out.add("SCARD", "k")),
                    of("SRANDMEMBER", (out, i, n) -> out.add("SRANDMEMBER", "k")),
                    of("SRANDMEMBER 5", (out, i, n) -> out.add("SRANDMEMBER", "k", "5")),
                    of("SRANDMEMBER -5", (out, i, n) -> out.add("SRANDMEMBER", "k", "-5")),
                    of("SADD, SMOVE, SREM", (out, i, n) -> out.add("SADD", "k", "new" + i)
                            .add("SMOVE", "k", "other", "new" + i)
                            .add("SREM", "other", "new" + i)),
                    of("SINTER with 3", (out, i, n) -> out.add("SADD", "other", "a", "b", "c").add("SINTER", "k", "other")),
                    of("SINTERCARD LIMIT 1", (out, i, n) -> out.add("SADD", "other", "a", "b", "c").add("SINTERCARD", "2", "k", "other", "LIMIT", "1")),
                    of("SDIFF of 3", (out, i, n) -> out.add("SADD", "other", "a", "b", "c").add("SDIFF", "other", "k")),
                    of("SPOP, SADD", (out, i, n) -> out.add("SPOP", "k").add("SADD", "k", "new" + i)),
                    of("SPOP 3, SADD", (out, i, n) -> out.add("SPOP", "k", "3").add("SADD", "k", "a" + i, "b" + i, "c" + i)),
                    of("SSCAN", (out, i, n) -> out.add("SSCAN", "k", "0", "COUNT", "10")))));
        }

        private static String score(long number) {
            return Long.toString(number);
        }

        private static Family zset() {
            return new Family(
                    "zset",
                    inBatches("ZADD", 2, (words, at, e) -> {
                        words[at] = score(e);
                        words[at + 1] = name(e);
                    }),
                    with(List.of(
                            of("ZADD new, ZREM", (out, i, n) -> out.add("ZADD", "k", score(place(i, n)), "new" + i).add("ZREM", "k", "new" + i)),
                            of("ZADD", (out, i, n) -> out.add("ZADD", "k", score(place(i, n)), name(place(i + 1, n)))),
                            of("ZINCRBY", (out, i, n) -> out.add("ZINCRBY", "k", (i & 1) == 0 ? "3" : "-3", name(place(i, n)))),
                            of("ZSCORE", (out, i, n) -> out.add("ZSCORE", "k", name(place(i, n)))),
                            of("ZMSCORE 3", (out, i, n) -> out.add("ZMSCORE", "k", name(place(i, n)), name(place(i + 1, n)), "none")),
                            of("ZRANK", (out, i, n) -> out.add("ZRANK", "k", name(place(i, n)))),
                            of("ZREVRANK", (out, i, n) -> out.add("ZREVRANK", "k", name(place(i, n)))),
                            of("ZCARD", (out, i, n) -> out.add("ZCARD", "k")),
                            of("ZCOUNT", (out, i, n) -> out.add("ZCOUNT", "k", score(place(i, n) / 2), score(n - 5))),
                            of("ZRANGE 10", (out, i, n) -> out.add("ZRANGE", "k", score(place(i, n)), score(place(i, n) + 9))),
                            of("ZREVRANGE 10", (out, i, n) -> out.add("ZREVRANGE", "k", score(place(i, n)), score(place(i, n) + 9))),
                            of("ZRANGE BYSCORE LIMIT", (out, i, n) -> out.add("ZRANGE", "k", score(place(i, n)), "+inf", "BYSCORE", "LIMIT", "0", "10")),
                            of("ZREVRANGEBYSCORE LIMIT", (out, i, n) -> out.add("ZREVRANGEBYSCORE", "k", score(place(i, n)), "-inf", "LIMIT", "0", "10")),
                            of("ZADD, ZREMRANGEBYSCORE", (out, i, n) -> {
                                String at = score(place(i, n)) + ".5";
                                out.add("ZADD", "k", at, "new").add("ZREMRANGEBYSCORE", "k", at, at);
                            }),
                            of("ZRANDMEMBER", (out, i, n) -> out.add("ZRANDMEMBER", "k")),
                            of("ZRANDMEMBER 5", (out, i, n) -> out.add("ZRANDMEMBER", "k", "5")),
                            of("ZRANGESTORE 10", (out, i, n) -> out.add("ZRANGESTORE", "other", "k", score(place(i, n)), score(place(i, n) + 9))),
                            of("ZINTER with 2", (out, i, n) -> out.add("ZADD", "other", "1", "a", "2", "b").add("ZINTER", "2", "k", "other")),
                            of("GEODIST", (out, i, n) -> out.add("GEODIST", "k", name(place(i, n)), name(place(i + 1, n)))),
                            of("ZPOPMIN, ZADD", (out, i, n) -> out.add("ZPOPMIN", "k").add("ZADD", "k", score(place(i, n)), "new" + i)),
                            of("ZPOPMAX, ZADD", (out, i, n) -> out.add("ZPOPMAX", "k").add("ZADD", "k", score(place(i, n)), "new" + i)),
                            of("ZMPOP, ZADD", (out, i, n) -> out.add("ZMPOP", "1", "k", "MIN").add("ZADD", "k", score(place(i, n)), "new" + i)),
                            of("BZPOPMIN, ZADD", (out, i, n) -> out.add("BZPOPMIN", "k", "0").add("ZADD", "k", score(place(i, n)), "new" + i)),
                            of("ZREMRANGEBYRANK, ZADD", (out, i, n) -> {
                                String at = score(place(i, n));
                                out.add("ZREMRANGEBYRANK", "k", at, at).add("ZADD", "k", at, "new" + i);
                            }),
                            of("ZSCAN", (out, i, n) -> out.add("ZSCAN", "k", "0", "COUNT", "10")))));
        }

        /** A sorted set whose scores are all the same, for ranges by member. */
        private static Family lex() {
            return new Family(
                    "lex",
                    inBatches("ZADD", 2, (words, at, e) -> {
                        words[at] = "0";
                        words[at + 1] = name(e);
                    }),
                    List.of(
                            of("ZLEXCOUNT", (out, i, n) -> out.add("ZLEXCOUNT", "k", "[" + name(place(i, n)), "+")),
                            of("ZRANGEBYLEX LIMIT", (out, i, n) -> out.add("ZRANGEBYLEX", "k", "[" + name(place(i, n)), "+", "LIMIT", "0", "10")),
                            of("ZRANGE BYLEX REV LIMIT", (out, i, n) -> out.add("ZRANGE", "k", "[" + name(place(i, n)), "-", "BYLEX", "REV", "LIMIT", "0", "10")),
                            of("ZADD, ZREMRANGEBYLEX", (out, i, n) -> {
                                String at = name(place(i, n)) + "x";
                                out.add("ZADD", "k", "0", at).add("ZREMRANGEBYLEX", "k", "[" + at, "[" + at);
                            })));
        }

        private static String id(long number) {
            return (number + 1) + "-0";
        }

        /** Every entry is pending for a consumer "c" of a group "g" and none for "h"; the group "i" has read none. */
        private static Family stream() {
            Turn build = (out, i, n) -> {
                for (int e = 0; e < n; e++) {
                    out.add("XADD", "k", id(e), "f", name(e));
                }
                for (String group : List.of("g", "h")) {
                    out.add("XGROUP", "CREATE", "k", group, "0");
                    for (int e = 0; e < n; e += BUILD_BATCH) {
                        String count = Integer.toString(BUILD_BATCH);
                        if (group.equals("g")) {
                            out.add("XREADGROUP", "GROUP", group, "c", "COUNT", count, "STREAMS", "k", ">");
                        } else {
                            out.add("XREADGROUP", "GROUP", group, "c", "COUNT", count, "NOACK", "STREAMS", "k", ">");
                        }
                    }
                }
            };
            String late = "9000000000000-0";
            return new Family("stream", build, with(List.of(
                    of("XADD, XDEL", (out, i, n) -> out.add("XADD", "k", "8000000000000-" + (i + 1), "f", "v").add("XDEL", "k", "8000000000000-" + (i + 1))),
                    of("XLEN", (out, i, n) -> out.add("XLEN", "k")),
                    of("XRANGE of one", (out, i, n) -> out.add("XRANGE", "k", id(place(i, n)), id(place(i, n)))),
                    of("XRANGE COUNT 10", (out, i, n) -> out.add("XRANGE", "k", id(place(i, n)), "+", "COUNT", "10")),
                    of("XREVRANGE COUNT 10", (out, i, n) -> out.add("XREVRANGE", "k", "+", "-", "COUNT", "10")),
                    of("XREAD COUNT 10", (out, i, n) -> out.add("XREAD", "COUNT", "10", "STREAMS", "k", id(place(i, n)))),
                    of("XREADGROUP of pending", (out, i, n) -> out.add("XREADGROUP", "GROUP", "g", "c", "COUNT", "5", "STREAMS", "k", id(place(i, n)))),
                    of("XPENDING", (out, i, n) -> out.add("XPENDING", "k", "g")),
                    of("XPENDING 10", (out, i, n) -> out.add("XPENDING", "k", "g", id(place(i, n)), "+", "10")),
                    of("XPENDING 10 c", (out, i, n) -> out.add("XPENDING", "k", "g", id(place(i, n)), "+", "10", "c")),
                    of("XCLAIM", (out, i, n) -> out.add("XCLAIM", "k", "g", (i & 1) == 0 ? "d" : "c", "0", id(place(i >> 1, n)), "JUSTID")),
                    of("XAUTOCLAIM 10", (out, i, n) -> out.add("XAUTOCLAIM", "k", "g", "c", "0", id(place(i, n)), "COUNT", "10", "JUSTID")),
                    of("XINFO STREAM", (out, i, n) -> out.add("XINFO", "STREAM", "k")),
                    of("XINFO GROUPS", (out, i, n) -> out.add("XINFO", "GROUPS", "k")),
                    of("XINFO CONSUMERS", (out, i, n) -> out.add("XINFO", "CONSUMERS", "k", "g")),
                    of("XGROUP CREATECONSUMER, DELCONSUMER", (out, i, n) -> out.add("XGROUP", "CREATECONSUMER", "k", "g", "e").add("XGROUP", "DELCONSUMER", "k", "g", "e")),
                    of("XADD, XTRIM", (out, i, n) -> out.add("XADD", "k", "8000000000000-" + (i + 1), "f", "v").add("XTRIM", "k", "MAXLEN", Integer.toString(n))),
                    of("XADD MAXLEN ~", (out, i, n) -> out.add("XADD", "k", "MAXLEN", "~", Integer.toString(n), "8000000000000-" + (i + 1), "f", "v")),
                    of("XREADGROUP, XACK", (out, i, n) -> out.add("XADD", "k", "MAXLEN", "~", Integer.toString(n), "8000000000000-" + (i + 1), "f", "v")
                            .add("XREADGROUP", "GROUP", "h", "c", "COUNT", "1", "STREAMS", "k", ">")
                            .add("XACK", "k", "h", "8000000000000-" + (i + 1))),
                    of("XGROUP SETID", (out, i, n) -> out.add("XGROUP", "SETID", "k", "h", late)))));
        }
    }

    /** Requests that wait to be sent. */
    private static final class Requests {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);
        final List<Integer> ends = new ArrayList<>();

        Requests add(String... words) {
            put("*" + words.length + "\r\n");
            for (String word : words) {
                // All words are ASCII.
                put("$" + word.length() + "\r\n" + word + "\r\n");
            }
            ends.add(bytes.size());
            return this;
        }

        private void put(String text) {
            bytes.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** The time that the threads of a process which serve commands have had on processors. */
    private static final class Processor {
        /** How threads begin that do other things, on their own account. */
        private static final List<String> OTHERS = List.of(
                "C1 Compiler", "C2 Compiler", "G1 ", "GC Thread", "VM ", "cairn-free", "bio_", "jemalloc", "Service Thread", "Monitor Deflat", "Sweeper");

        private final Path tasks;

        Processor(long pid) {
            this.tasks = Path.of("/proc", Long.toString(pid), "task");
        }

        long nanos() throws IOException {
            long sum = 0;
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
                for (Path thread : threads) {
                    try {
                        String name = Files.readString(thread.resolve("comm"));
                        if (OTHERS.stream().noneMatch(name::startsWith)) {
                            String text = Files.readString(thread.resolve("schedstat"));
                            sum += Long.parseLong(text.substring(0, text.indexOf(' ')));
                        }
                    } catch (NoSuchFileException ended) {
                        // Compilers come and go.
                    }
                }
            }
            return sum;
        }
    }

    private static final class UnknownCommandException extends IOException {
        private static final long serialVersionUID = 1L;

        UnknownCommandException(String message) {
            super(message);
        }
    }

    private static final class Server implements AutoCloseable {
        final Requests requests = new Requests();
        long turn;
        final Processor cpu;
        private final String name;
        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        /** The first error among the replies of a flush. */
        private String refused;

        Server(String name, int port, long pid) throws IOException {
            this.name = name;
            this.cpu = new Processor(pid);
            this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            this.out = socket.getOutputStream();
        }

        void call(String... words) throws IOException {
            requests.add(words);
            flush(1);
        }

        /** Sends what waits, so many requests or bytes at a time, and reads all replies. */
        void flush(int most) throws IOException {
            byte[] bytes = requests.bytes.toByteArray();
            int done = 0;
            int from = 0;
            while (done < requests.ends.size()) {
                int now = 1;
                while (now < most && done + now < requests.ends.size() && requests.ends.get(done + now) - from <= BUILD_BYTES) {
                    now++;
                }
                int end = requests.ends.get(done + now - 1);
                out.write(bytes, from, end - from);
                for (int i = 0; i < now; i++) {
                    reply();
                }
                from = end;
                done += now;
            }
            requests.bytes.reset();
            requests.ends.clear();
            String error = refused;
            refused = null;
            if (error != null) {
                String text = name + " answers " + error;
                throw error.startsWith("ERR unknown command") ? new UnknownCommandException(text) : new IOException(text);
            }
        }

        private void reply() throws IOException {
            int kind = in.read();
            if (kind < 0) {
                throw new EOFException(name + " closed the connection");
            }
            String line = line();
            switch (kind) {
                case '-' -> {
                    if (refused == null) {
                        refused = line;
                    }
                }
                case '$' -> in.skipNBytes(Math.max(-2, Long.parseLong(line)) < 0 ? 0 : Long.parseLong(line) + 2);
                case '*' -> {
                    for (long left = Long.parseLong(line); left > 0; left--) {
                        reply();
                    }
                }
                default -> {}
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\r'; c = in.read()) {
                if (c < 0) {
                    throw new EOFException(name + " closed the connection");
                }
                line.append((char) c);
            }
            in.read();
            return line.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
