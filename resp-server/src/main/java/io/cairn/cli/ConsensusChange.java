package io.cairn.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has a cluster go over to another consensus and tells each step: begins it at the first node that answers, then looks at
 * CLUSTER CONSENSUS STATUS of whichever answers. What was begun goes on without it. One thread.
 */
final class ConsensusChange {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final long POLL_MILLIS = 100;
    /** How long a node may take to hear of a change that another has begun. */
    private static final long HEARD_MILLIS = 5_000;

    private final List<InetSocketAddress> nodes;
    private final Login login;
    private final Consumer<String> said;
    private final long beganNanos = System.nanoTime();
    /** Of each shard, and under the empty name of the whole, what was said last. */
    private final Map<String, String> last = new HashMap<>();
    /** The node that answered last: it has heard of what it was told. */
    private int next;

    /** @param said gets a line for each step */
    ConsensusChange(List<InetSocketAddress> nodes, Login login, Consumer<String> said) {
        this.nodes = List.copyOf(nodes);
        this.login = login;
        this.said = said;
    }

    /** How the cluster is now, as the first node says it that answers. */
    ConsensusStatus status() throws IOException {
        return ConsensusStatus.of(ask("CLUSTER", "CONSENSUS", "STATUS"));
    }

    /** What would be done: the report of a dry run. */
    List<String> report(String target, @Nullable String shard) throws IOException {
        List<String> words = words(target, shard);
        words.add("DRYRUN");
        Object reply = ask(words.toArray(new String[0]));
        return reply instanceof List<?> lines
                ? lines.stream().map(String::valueOf).toList()
                : List.of(String.valueOf(reply));
    }

    /**
     * Begins the change; asking again for one that runs is harmless.
     *
     * @param target raft or gossip
     * @param shard its id, or null for all shards
     * @throws IOException when it is refused, and why; or when no node answers
     */
    void begin(String target, @Nullable String shard) throws IOException {
        ask(words(target, shard).toArray(new String[0]));
    }

    /**
     * Waits until it is done.
     *
     * @return whether it is: false when it was given up, or is not done in time
     */
    boolean await(String target, @Nullable String shard, long timeoutMillis) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        long heard = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HEARD_MILLIS);
        boolean ran = false;
        while (System.nanoTime() < deadline) {
            ConsensusStatus status;
            try {
                status = status();
            } catch (RespClient.ErrorReply e) {
                throw e;
            } catch (IOException e) {
                tell("", String.valueOf(e.getMessage()));
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                continue;
            }
            tell(status);
            if (done(status, target, shard)) {
                return true;
            }
            boolean runs = status.runs() || switches(status, shard);
            ran |= runs;
            if (!runs && (ran || System.nanoTime() > heard)) {
                say("it was given up, and the cluster is as it was before this step"
                        + (status.lastError().isEmpty() ? "" : ": " + status.lastError()));
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        say("not done after " + timeoutMillis / 1000
                + " s; it goes on without this command: see 'cairn cluster consensus status'");
        return false;
    }

    private static boolean done(ConsensusStatus status, String target, @Nullable String shard) throws IOException {
        if (shard == null) {
            return !status.runs() && status.consensus().equals(target);
        }
        ConsensusStatus.Shard one = status.shard(shard);
        if (one == null) {
            throw new IOException("there is no shard " + shard);
        }
        return one.consensus().equals(target) && one.step().equals("none");
    }

    /** The shard's change is decided, and its nodes are not all there yet. */
    private static boolean switches(ConsensusStatus status, @Nullable String shard) {
        ConsensusStatus.Shard one = shard == null ? null : status.shard(shard);
        return one != null && !one.step().equals("none");
    }

    private static List<String> words(String target, @Nullable String shard) {
        List<String> words = new ArrayList<>(List.of("CLUSTER", "CONSENSUS", target.toUpperCase(Locale.ROOT)));
        if (shard != null) {
            words.addAll(List.of("SHARD", shard));
        }
        return words;
    }

    private void tell(ConsensusStatus status) {
        tell("", "consensus " + status.consensus() + (status.runs() ? ", " + status.step() : ""));
        for (ConsensusStatus.Shard shard : status.shards()) {
            tell(shard.id(), status.line(shard));
        }
    }

    /** Says it when it is not what was said last of the same. */
    private void tell(String what, String line) {
        if (!line.equals(last.put(what, line))) {
            say(line);
        }
    }

    private void say(String line) {
        said.accept("%7.1f s  %s".formatted((System.nanoTime() - beganNanos) / 1e9, line));
    }

    /** The answer of the node that answered last, else of the next one that does. */
    private @Nullable Object ask(String... words) throws IOException {
        IOException failure = new IOException("no node given");
        for (int i = 0; i < nodes.size(); i++) {
            InetSocketAddress node = nodes.get(next);
            try (RespClient client = login.connect(node, TIMEOUT_MILLIS)) {
                return client.call(words);
            } catch (RespClient.ErrorReply e) {
                throw e;
            } catch (IOException e) {
                failure = new IOException(
                        "cannot reach " + node.getHostString() + ":" + node.getPort() + ": " + e.getMessage(), e);
                next = (next + 1) % nodes.size();
            }
        }
        throw failure;
    }
}
