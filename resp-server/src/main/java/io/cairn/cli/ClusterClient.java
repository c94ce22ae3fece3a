package io.cairn.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Drives a cluster from outside, over RESP, for the demo and the cluster commands. */
final class ClusterClient {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int PROBE_MILLIS = 1_000;
    private static final long POLL_MILLIS = 100;
    private static final long FORM_MILLIS = 60_000;
    private static final long PLACED_MILLIS = 10_000;
    /** Waiting for longer than this is said. */
    private static final long QUIET_MILLIS = 1_000;

    private final List<InetSocketAddress> nodes;
    private final Login login;

    ClusterClient(List<InetSocketAddress> nodes, Login login) {
        this.nodes = List.copyOf(nodes);
        this.login = login;
    }

    /** Parses "host:port" words. */
    static List<InetSocketAddress> addresses(List<String> words) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String word : words) {
            int colon = word.lastIndexOf(':');
            try {
                addresses.add(new InetSocketAddress(
                        word.substring(0, Math.max(0, colon)), Integer.parseInt(word.substring(colon + 1))));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("not a host:port: '" + word + "'", e);
            }
        }
        return addresses;
    }

    /** True if a server answers PING there (an error such as NOAUTH is an answer). */
    static boolean answers(InetSocketAddress node) {
        try (RespClient client = new RespClient(node.getHostString(), node.getPort(), PROBE_MILLIS)) {
            client.call("PING");
            return true;
        } catch (RespClient.ErrorReply e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private RespClient connect(InetSocketAddress node) throws IOException {
        try {
            return login.connect(node, TIMEOUT_MILLIS);
        } catch (RespClient.ErrorReply e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(
                    "cannot reach " + node.getHostString() + ":" + node.getPort() + ": " + e.getMessage(), e);
        }
    }

    /** True if the first node belongs to a cluster. */
    boolean formed() throws IOException {
        try (RespClient client = connect(nodes.get(0))) {
            return !field(client.text("CLUSTER", "INFO"), "cluster_id").isEmpty();
        }
    }

    /**
     * Forms a cluster of all nodes, the first ones as primaries.
     *
     * @param replicas per primary
     * @param sharedDomain allow two replicas of a shard in one failure domain when there is no other way
     * @param progress gets a line whenever there is another reason to wait
     */
    void create(int replicas, boolean sharedDomain, Consumer<String> progress)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("CAIRN", "FORM", Integer.toString(replicas)));
        words.add(sharedDomain ? "shared" : "spread");
        for (InetSocketAddress node : nodes) {
            words.add(numeric(node) + ":" + node.getPort());
        }
        long began = System.nanoTime();
        long deadline = began + TimeUnit.MILLISECONDS.toNanos(FORM_MILLIS);
        String said = "";
        String reason;
        boolean again = false;
        while (true) {
            try (RespClient client = connect(nodes.get(0))) {
                client.call(words.toArray(new String[0]));
                return;
            } catch (RespClient.ErrorReply e) {
                String message = String.valueOf(e.getMessage());
                if (again && message.startsWith("ERR This node is already in cluster")) {
                    return;
                }
                if (!message.startsWith("NOTYET") || System.nanoTime() > deadline) {
                    throw e;
                }
                reason = message.substring("NOTYET".length()).strip();
                again = true;
            } catch (IOException e) {
                // No answer in time: asking again is safe, the node says so if the cluster was formed meanwhile.
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                reason = String.valueOf(e.getMessage());
                again = true;
            }
            boolean quiet = System.nanoTime() - began < TimeUnit.MILLISECONDS.toNanos(QUIET_MILLIS);
            if (!quiet && !reason.equals(said)) {
                progress.accept("waiting, " + FORM_MILLIS / 1000 + " s at most: " + reason);
                said = reason;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /**
     * The same unless the nodes turn out to be in a cluster: a node that was started again may answer before it has read
     * that from its log.
     *
     * @return true when the cluster is new
     */
    boolean createUnlessFormed(int replicas, Consumer<String> progress) throws IOException, InterruptedException {
        if (formed()) {
            return false;
        }
        try {
            create(replicas, false, progress);
            return true;
        } catch (RespClient.ErrorReply e) {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PLACED_MILLIS);
            while (System.nanoTime() < deadline) {
                if (formed()) {
                    return false;
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
            throw e;
        }
    }

    /** The address as nodes announce themselves: a name such as localhost is none of theirs. */
    private static String numeric(InetSocketAddress node) {
        InetAddress address = node.getAddress();
        return address == null ? node.getHostString() : address.getHostAddress();
    }

    /** Waits until every node says cluster_state:ok. */
    void awaitOk(long deadlineNanos) throws IOException, InterruptedException {
        for (InetSocketAddress node : nodes) {
            String state = "";
            while (!state.equals("ok")) {
                if (System.nanoTime() > deadlineNanos) {
                    throw new IOException(
                            "the cluster is not ok: " + node.getHostString() + ":" + node.getPort() + " says " + state);
                }
                try (RespClient client = connect(node)) {
                    state = field(client.text("CLUSTER", "INFO"), "cluster_state");
                } catch (RespClient.ErrorReply e) {
                    throw e;
                } catch (IOException e) {
                    state = String.valueOf(e.getMessage());
                }
                if (!state.equals("ok")) {
                    TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                }
            }
        }
    }

    /**
     * Waits, a bounded time, until a new cluster's primaries are where the layout put them: moving one costs its clients
     * a moment, so it should be over before the first comes. That it is not is no error.
     */
    void awaitPlaced() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PLACED_MILLIS);
        while (System.nanoTime() < deadline) {
            try (RespClient client = connect(nodes.get(0))) {
                if (field(client.text("CLUSTER", "INFO"), "cluster_primaries_placed")
                        .equals("yes")) {
                    return;
                }
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** The nodes as a table: CAIRN STATUS of the first node that answers. */
    String table() throws IOException {
        IOException last = new IOException("no node given");
        for (InetSocketAddress node : nodes) {
            try (RespClient client = connect(node)) {
                return client.text("CAIRN", "STATUS");
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /**
     * The same once it says that the cluster is ok: the node that prints it may see a primary go after it was asked for
     * its state.
     */
    String okTable(long deadlineNanos) throws IOException, InterruptedException {
        while (true) {
            String table = table();
            String head = table.lines().findFirst().orElse("");
            if (head.endsWith("state ok")) {
                return table;
            }
            if (System.nanoTime() > deadlineNanos) {
                throw new IOException("the cluster is not ok: " + head);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** The value of a "name:value" line, or empty. */
    static String field(String text, String name) {
        for (String line : text.split("\r?\n")) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1);
            }
        }
        return "";
    }
}
