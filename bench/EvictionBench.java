import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Cairn and redis-server as caches of half of what is asked of them: the same Zipf trace, at the same time and pace, of a client that reads a key and
 * writes it when it is not there. Prints the most memory that each used and how often it had the key, as a Markdown table.
 *
 * <p>Run by bench/eviction.sh: java EvictionBench.java CAIRN_PORT REDIS_PORT SECONDS KEYS RATE POLICY...
 *
 * <p>Ends with 1 when Cairn was above maxmemory by more than 1 %, or when a hit rate under LRU or LFU is more than 3 points from Redis's.
 */
final class EvictionBench {
    private static final int BATCH = 100;
    private static final double SKEW = 0.9;
    private static final long SEED = 20_261_121;
    private static final double MOST_OVER = 1.01;
    private static final double MOST_POINTS = 3;
    private static final int LOAD_BATCH = 1000;

    private final int keys;
    private final int rate;
    private final double[] cumulative;
    private final int[] keyOfRank;

    private EvictionBench(int keys, int rate) {
        this.keys = keys;
        this.rate = rate;
        this.cumulative = new double[keys];
        this.keyOfRank = new int[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++) {
            sum += 1 / Math.pow(i + 1, SKEW);
            cumulative[i] = sum;
            keyOfRank[i] = i;
        }
        Random random = new Random(SEED);
        for (int i = keys - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int key = keyOfRank[i];
            keyOfRank[i] = keyOfRank[other];
            keyOfRank[other] = key;
        }
    }

    public static void main(String[] args) throws Exception {
        EvictionBench bench = new EvictionBench(Integer.parseInt(args[3]), Integer.parseInt(args[4]));
        int seconds = Integer.parseInt(args[2]);
        boolean good = true;
        try (Server cairn = new Server(Integer.parseInt(args[0]));
                Server redis = new Server(Integer.parseInt(args[1]))) {
            System.out.println("| policy | Redis most used | Cairn most used | Redis hits | Cairn hits | points | Redis evicted | Cairn evicted |");
            System.out.println("|---|---|---|---|---|---|---|---|");
            for (String policy : Arrays.asList(args).subList(5, args.length)) {
                good &= bench.run(policy, seconds, cairn, redis);
            }
        }
        System.exit(good ? 0 : 1);
    }

    private boolean run(String policy, int seconds, Server cairn, Server redis) throws Exception {
        boolean expires = policy.startsWith("volatile");
        List<Server> both = List.of(cairn, redis);
        for (Server server : both) {
            prepare(server, policy, expires);
        }
        Random random = new Random(SEED);
        long begin = System.nanoTime();
        long end = begin + seconds * 1_000_000_000L;
        long half = begin + seconds * 500_000_000L;
        long looked = 0;
        long sent = 0;
        int[] batch = new int[BATCH];
        while (true) {
            long now = System.nanoTime();
            if (now >= end) {
                break;
            }
            long due = begin + sent * 1_000_000_000L / rate;
            if (due > now) {
                Thread.sleep((due - now) / 1_000_000, (int) ((due - now) % 1_000_000));
                continue;
            }
            for (int i = 0; i < BATCH; i++) {
                batch[i] = next(random);
            }
            sent += BATCH;
            for (Server server : both) {
                for (int key : batch) {
                    server.send("GET", name(key));
                }
                server.flush();
            }
            for (Server server : both) {
                answer(server, batch, expires, now >= half);
            }
            for (Server server : both) {
                server.settle();
            }
            if (now - looked > 200_000_000L) {
                looked = now;
                for (Server server : both) {
                    server.most = Math.max(server.most, server.info("memory", "used_memory"));
                }
            }
        }
        return report(policy, cairn, redis);
    }

    private void prepare(Server server, String policy, boolean expires) throws IOException {
        server.call("CONFIG", "SET", "maxmemory", "0");
        server.call("CONFIG", "SET", "maxmemory-policy", policy);
        server.call("FLUSHALL");
        long before = server.info("memory", "used_memory");
        load(server, expires);
        long all = server.info("memory", "used_memory") - before;
        server.call("FLUSHALL");
        server.limit = before + all / 2;
        server.call("CONFIG", "SET", "maxmemory", Long.toString(server.limit));
        // Full from the start, with keys as they come.
        load(server, expires);
        server.call("CONFIG", "RESETSTAT");
        server.most = 0;
        server.hits = 0;
        server.asked = 0;
    }

    private void load(Server server, boolean expires) throws IOException {
        for (int first = 0; first < keys; first += LOAD_BATCH) {
            int last = Math.min(keys, first + LOAD_BATCH);
            for (int key = first; key < last; key++) {
                server.set(key, expires);
            }
            server.flush();
            server.settle();
        }
    }

    private static void answer(Server server, int[] batch, boolean expires, boolean counts) throws IOException {
        boolean[] missing = new boolean[batch.length];
        for (int i = 0; i < batch.length; i++) {
            missing[i] = server.read() == null;
            if (counts) {
                server.asked++;
                server.hits += missing[i] ? 0 : 1;
            }
        }
        for (int i = 0; i < batch.length; i++) {
            if (missing[i]) {
                server.set(batch[i], expires);
            }
        }
        server.flush();
    }

    private static boolean report(String policy, Server cairn, Server redis) throws IOException {
        double points = 100 * (cairn.rate() - redis.rate());
        System.out.printf(
                Locale.ROOT,
                "| %s | %.2f%% | %.2f%% | %.2f%% | %.2f%% | %+.2f | %d | %d |%n",
                policy,
                100.0 * redis.most / redis.limit,
                100.0 * cairn.most / cairn.limit,
                100 * redis.rate(),
                100 * cairn.rate(),
                points,
                redis.info("stats", "evicted_keys"),
                cairn.info("stats", "evicted_keys"));
        boolean bounded = cairn.most <= cairn.limit * MOST_OVER;
        boolean near = !(policy.endsWith("lru") || policy.endsWith("lfu")) || Math.abs(points) <= MOST_POINTS;
        return bounded && near;
    }

    private int next(Random random) {
        double at = random.nextDouble() * cumulative[keys - 1];
        int rank = Arrays.binarySearch(cumulative, at);
        return keyOfRank[Math.min(keys - 1, rank < 0 ? -rank - 1 : rank)];
    }

    private static String name(int key) {
        return "key:" + key;
    }

    /** 100 to 300 bytes, the same for a key each time. */
    private static String value(int key) {
        return "x".repeat(100 + (int) ((key * 2_654_435_761L >>> 8) % 201));
    }

    /** A connection, and what was seen through it. */
    private static final class Server implements AutoCloseable {
        private final Socket socket;
        private final OutputStream out;
        private final DataInputStream in;
        private int unread;
        long limit;
        long most;
        long hits;
        long asked;

        Server(int port) throws IOException {
            socket = new Socket("127.0.0.1", port);
            socket.setTcpNoDelay(true);
            out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        }

        double rate() {
            return asked == 0 ? 0 : (double) hits / asked;
        }

        void send(String... words) throws IOException {
            StringBuilder text = new StringBuilder().append('*').append(words.length).append("\r\n");
            for (String word : words) {
                text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
            }
            out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        }

        /** Sends a write; its reply is for {@link #settle}. */
        void set(int key, boolean expires) throws IOException {
            if (expires) {
                send("SET", name(key), value(key), "EX", Integer.toString(10_000 + key));
            } else {
                send("SET", name(key), value(key));
            }
            unread++;
        }

        void flush() throws IOException {
            out.flush();
        }

        void settle() throws IOException {
            for (; unread > 0; unread--) {
                read();
            }
        }

        String call(String... words) throws IOException {
            send(words);
            flush();
            String reply = read();
            if (reply != null && reply.startsWith("-")) {
                throw new IOException(String.join(" ", words) + ": " + reply);
            }
            return reply;
        }

        long info(String section, String field) throws IOException {
            for (String line : String.valueOf(call("INFO", section)).split("\r\n")) {
                if (line.startsWith(field + ":")) {
                    return Long.parseLong(line.substring(field.length() + 1));
                }
            }
            throw new IOException("no " + field);
        }

        /** A reply, as text; null for nil. An error begins with '-'. */
        String read() throws IOException {
            String line = line();
            if (line.charAt(0) != '$') {
                return line;
            }
            int length = Integer.parseInt(line.substring(1));
            if (length < 0) {
                return null;
            }
            byte[] bytes = new byte[length + 2];
            in.readFully(bytes);
            return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        }

        private String line() throws IOException {
            StringBuilder text = new StringBuilder();
            for (int next = in.read(); next != '\r'; next = in.read()) {
                if (next < 0) {
                    throw new IOException("the server has gone");
                }
                text.append((char) next);
            }
            in.read();
            return text.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
