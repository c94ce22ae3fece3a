package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** A small cluster in gossip mode, made by commands: some primaries that share the slots, and replicas. Nothing of it is on a disk but nodes.conf. */
final class GossipNodes implements AutoCloseable {
    static final String TIMEOUT_MILLIS = "1000";
    private static final long WAIT_NANOS = 20_000_000_000L;
    private static final int SLOTS = 16_384;

    final CliNodes nodes;
    final int firstPort;
    final int primaries;
    private final List<String> settings = new ArrayList<>();

    /** Node i is at {@code firstPort + i}; those behind the primaries follow them in turn. */
    GossipNodes(Path directory, int firstPort, int primaries, int replicas, String... more) throws Exception {
        this.nodes = new CliNodes(directory, "gossip");
        this.firstPort = firstPort;
        this.primaries = primaries;
        settings.addAll(List.of(
                "--cluster-node-timeout",
                TIMEOUT_MILLIS,
                "--save",
                "",
                "--repl-ping-replica-period",
                "1",
                "--repl-diskless-sync-delay",
                "0"));
        settings.addAll(List.of(more));
        try {
            form(primaries + replicas);
        } catch (Exception | Error e) {
            nodes.close();
            throw e;
        }
    }

    private void form(int all) throws Exception {
        for (int i = 0; i < all; i++) {
            start(i);
        }
        for (int i = 0; i < primaries; i++) {
            int first = SLOTS * i / primaries;
            int last = SLOTS * (i + 1) / primaries - 1;
            ok(i, "CLUSTER", "SET-CONFIG-EPOCH", "" + (i + 1));
            ok(i, "CLUSTER", "ADDSLOTSRANGE", "" + first, "" + last);
        }
        for (int i = 1; i < all; i++) {
            ok(i, "CLUSTER", "MEET", "127.0.0.1", "" + firstPort, "" + (firstPort + CliNodes.PORT_STEP));
        }
        for (int i = 0; i < all; i++) {
            await(i, text -> text.contains("cluster_known_nodes:" + all), "CLUSTER", "INFO");
        }
        for (int i = primaries; i < all; i++) {
            ok(i, "CLUSTER", "REPLICATE", id(i % primaries));
        }
        for (int i = 0; i < all; i++) {
            await(i, text -> text.contains("cluster_state:ok"), "CLUSTER", "INFO");
        }
        for (int i = primaries; i < all; i++) {
            await(i, text -> text.contains("master_link_status:up"), "INFO", "replication");
        }
    }

    void start(int i) throws Exception {
        nodes.start(firstPort + i, settings.toArray(String[]::new));
    }

    void stop(int i) {
        nodes.stop(firstPort + i);
    }

    RawClient client(int i) throws IOException {
        return new RawClient(firstPort + i);
    }

    String call(int i, String... words) throws IOException {
        try (RawClient client = client(i)) {
            return client.call(words);
        }
    }

    void ok(int i, String... words) throws IOException {
        assertThat(call(i, words)).as(Arrays.toString(words)).isEqualTo("+OK\r\n");
    }

    String id(int i) throws IOException {
        return call(i, "CLUSTER", "MYID").split("\r\n")[1];
    }

    /** The node's line in another's CLUSTER NODES, empty if it has none. */
    String line(int at, String id) throws IOException {
        return call(at, "CLUSTER", "NODES")
                .lines()
                .filter(line -> line.startsWith(id))
                .findFirst()
                .orElse("");
    }

    void await(int i, Predicate<String> is, String... words) throws Exception {
        long deadline = System.nanoTime() + WAIT_NANOS;
        String text = "";
        for (boolean well = false; !well; ) {
            try {
                text = call(i, words);
            } catch (IOException e) {
                text = e.toString();
            }
            well = is.test(text);
            if (!well) {
                assertThat(System.nanoTime())
                        .as("%s: %s", Arrays.toString(words), text)
                        .isLessThan(deadline);
                Thread.sleep(20);
            }
        }
    }

    void awaitLine(int at, String id, String regex) throws Exception {
        await(
                at,
                text -> text.lines().anyMatch(line -> line.startsWith(id) && line.matches(".*" + regex + ".*")),
                "CLUSTER",
                "NODES");
    }

    @Override
    public void close() {
        nodes.close();
    }
}
