package io.cairn.cli;

import io.cairn.replica.SourceLink;
import io.cairn.replica.SourceLink.Source;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * {@code cairn import --live}: follows a server, or each primary of a cluster, and brings all it has and changes into a target, until it is cut over: by a
 * signal, or when the sources are quiet. One thread for each source, one that looks once a second how far they are.
 */
final class LiveImport {
    private static final long LOOK_MILLIS = 1_000;
    private static final long POLL_MILLIS = 50;
    private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * What is followed.
     *
     * @param login who one is there
     * @param spoolBytes of each source's commands that may wait on disk
     * @param untilCaughtUp ends by itself when the sources have been quiet for a second and all is applied
     */
    record From(InetSocketAddress node, Login login, long spoolBytes, boolean untilCaughtUp) {}

    private final From from;
    private final ImportOptions options;
    private final boolean functions;
    private final boolean skipModules;
    private final boolean quiet;
    private final PrintWriter err;
    private final List<LiveSource> sources = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Map<LiveSource, String> served = new HashMap<>();
    /** Where each source is now, by the slots it serves; of a server that is no cluster by the empty text. */
    private volatile Map<String, InetSocketAddress> places = Map.of();

    private volatile boolean cutOver;
    private long lineNanos = System.nanoTime();

    LiveImport(
            From from, ImportOptions options, boolean functions, boolean skipModules, boolean quiet, PrintWriter err) {
        this.from = from;
        this.options = options;
        this.functions = functions;
        this.skipModules = skipModules;
        this.quiet = quiet;
        this.err = err;
    }

    /** What was done. */
    record Result(int sources, long keys, long commands, long refused, String firstRefused) {}

    /** Ends it as soon as all is applied that the sources have when this is called. Any thread. */
    void cutOver() {
        cutOver = true;
    }

    Result run() throws IOException, InterruptedException {
        places = discover(from.node);
        Map<String, String> slots = new TreeMap<>();
        places.forEach((served, node) -> slots.put(name(node), served));
        try {
            for (Map.Entry<String, String> each : slots.entrySet()) {
                begin(each.getKey(), each.getValue(), slots.size() == 1);
            }
            follow();
            return end();
        } finally {
            sources.forEach(LiveSource::stop);
            sources.forEach(LiveSource::close);
        }
    }

    private void begin(String name, String served, boolean alone) throws IOException {
        SourceLink link = new SourceLink(
                () -> {
                    InetSocketAddress node = places.getOrDefault(served, from.node);
                    return new Source(node.getHostString(), node.getPort(), from.login.user, from.login.secret());
                },
                options.timeoutMillis(),
                from.spoolBytes,
                Path.of(System.getProperty("java.io.tmpdir")));
        LiveSource source = new LiveSource(name, link, options, alone, functions, skipModules);
        sources.add(source);
        this.served.put(source, served);
        Thread thread = new Thread(source, "import-" + name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private static String name(InetSocketAddress node) {
        return node.getHostString() + ":" + node.getPort();
    }

    // ---- where the sources are

    private Map<String, InetSocketAddress> discover(InetSocketAddress any) throws IOException {
        Map<String, InetSocketAddress> found = new TreeMap<>();
        try (RespClient client = from.login.connect(any, options.timeoutMillis())) {
            Object all;
            try {
                all = client.call("CLUSTER", "SLOTS");
            } catch (RespClient.ErrorReply e) {
                if (String.valueOf(e.getMessage()).contains("cluster support disabled")) {
                    found.put("", any);
                    return found;
                }
                throw e;
            }
            Map<String, List<String>> ranges = new TreeMap<>();
            for (Object range : (List<?>) java.util.Objects.requireNonNull(all, "CLUSTER SLOTS")) {
                List<?> fields = (List<?>) range;
                List<?> primary = (List<?>) fields.get(2);
                String host = String.valueOf(primary.get(0));
                boolean known = !host.isEmpty() && !host.equals("null") && !host.equals("?");
                String node = (known ? host : any.getHostString()) + ":" + primary.get(1);
                ranges.computeIfAbsent(node, none -> new ArrayList<>()).add(fields.get(0) + "-" + fields.get(1));
            }
            ranges.forEach((node, served) -> {
                int colon = node.lastIndexOf(':');
                served.sort(null);
                found.put(
                        String.join(",", served),
                        new InetSocketAddress(node.substring(0, colon), Integer.parseInt(node.substring(colon + 1))));
            });
        }
        if (found.isEmpty()) {
            throw new IOException(name(any) + " is a node of a cluster that serves no slots");
        }
        return found;
    }

    /** A failover of a source is followed; slots that change hands among the sources are not, for their streams are not one. */
    private void lookForSources() throws IOException {
        Map<String, InetSocketAddress> before = places;
        List<InetSocketAddress> nodes = new ArrayList<>(before.values());
        nodes.add(from.node);
        for (InetSocketAddress node : nodes) {
            Map<String, InetSocketAddress> now;
            try {
                now = discover(node);
            } catch (IOException e) {
                continue; // Another may say; while none does, each link's own timeout counts.
            }
            if (!now.keySet().equals(before.keySet())) {
                throw new IOException(
                        "slots of the source have moved between its primaries: begin again with an empty target");
            }
            places = now;
            return;
        }
    }

    /** Position that a source is at now, -1 when it does not say. */
    private long position(InetSocketAddress node) {
        try (RespClient client = from.login.connect(node, options.timeoutMillis())) {
            for (String line : client.text("INFO", "replication").split("\r\n", -1)) {
                if (line.startsWith("master_repl_offset:")) {
                    return Long.parseLong(line.substring(line.indexOf(':') + 1));
                }
            }
        } catch (IOException e) {
            return -1;
        }
        return -1;
    }

    // ---- following

    private void follow() throws IOException, InterruptedException {
        while (!cutOver) {
            lookForSources();
            long behind = behind();
            boolean loaded = sources.stream().allMatch(LiveSource::isLoaded);
            say(loaded, behind);
            boolean still = sources.stream()
                    .allMatch(source -> source.idleNanos() > TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
            if (from.untilCaughtUp && loaded && behind == 0 && still) {
                return;
            }
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS);
            while (!cutOver && System.nanoTime() < end) {
                check();
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        }
    }

    private void check() throws IOException {
        for (LiveSource source : sources) {
            IOException failure = source.failure();
            if (failure != null) {
                throw failure;
            }
        }
    }

    private InetSocketAddress place(LiveSource source) {
        return places.getOrDefault(served.getOrDefault(source, ""), from.node);
    }

    /** Bytes of the sources' streams that the target does not have; -1 when a source does not say. */
    private long behind() {
        long behind = 0;
        for (LiveSource source : sources) {
            long position = position(place(source));
            if (position < 0) {
                return -1;
            }
            behind += Math.max(0, position - source.applied());
        }
        return behind;
    }

    private void say(boolean loaded, long behind) {
        long now = System.nanoTime();
        if (quiet || now - lineNanos < LINE_NANOS) {
            return;
        }
        lineNanos = now;
        String figures = String.format(
                Locale.ROOT,
                "cairn: %,d keys loaded, %,d commands applied, %s",
                sources.stream().mapToLong(LiveSource::keys).sum(),
                sources.stream().mapToLong(LiveSource::commands).sum(),
                !loaded
                        ? "the data of the first moment is on its way"
                        : behind < 0
                                ? "a source does not answer"
                                : String.format(Locale.ROOT, "%,d bytes behind", behind));
        err.println(figures);
        err.flush();
    }

    /** What the sources have now is applied, then no more. */
    private Result end() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
        for (LiveSource source : sources) {
            long wanted = position(place(source));
            if (wanted < 0) {
                throw new IOException(
                        source.name() + " does not say how far it is: what the target lacks is not known");
            }
            while (!source.isLoaded() || source.applied() < wanted) {
                check();
                if (System.nanoTime() > deadline) {
                    throw new IOException(
                            source.name() + ": the target lacks the last " + (wanted - source.applied()) + " bytes");
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        }
        sources.forEach(LiveSource::stop);
        for (Thread thread : threads) {
            thread.join();
        }
        check();
        return new Result(
                sources.size(),
                sources.stream().mapToLong(LiveSource::keys).sum(),
                sources.stream().mapToLong(LiveSource::commands).sum(),
                sources.stream().mapToLong(LiveSource::refused).sum(),
                sources.stream()
                        .map(LiveSource::firstRefused)
                        .filter(text -> !text.isEmpty())
                        .findFirst()
                        .orElse(""));
    }
}
