package io.cairn.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Spreads a cluster's primaries over its processes from outside: asks for the next move, has it made, asks again. */
final class BalancedLeaders {
    private static final int TIMEOUT_MILLIS = 10_000;
    /** How long a node may take to hear of a move, milliseconds. */
    private static final long SEEN_MILLIS = 5_000;

    private static final long POLL_MILLIS = 50;
    /** More than any cluster needs: a bound for one whose leaders are moved by others meanwhile. */
    private static final int MAX_MOVES = 1_000;

    private final List<InetSocketAddress> nodes;
    private final Login login;

    /** What a node answers to CAIRN BALANCE. */
    private record Move(String shard, String from, String to, String heir) {}

    BalancedLeaders(List<InetSocketAddress> nodes, Login login) {
        this.nodes = List.copyOf(nodes);
        this.login = login;
    }

    /**
     * Makes moves until there is none left.
     *
     * @param said gets a line for each
     * @return how many
     * @throws IOException when a move is refused or no node answers
     */
    int run(boolean dryRun, long pauseMillis, Consumer<String> said) throws IOException, InterruptedException {
        int moves = 0;
        for (Move move = next(); move != null && moves < MAX_MOVES; move = after(move)) {
            said.accept("shard " + move.shard() + ": " + move.from() + " -> " + move.to());
            moves++;
            if (dryRun) {
                return moves;
            }
            InetSocketAddress leader =
                    ClusterClient.addresses(List.of(move.from())).get(0);
            try (RespClient client = login.connect(leader, TIMEOUT_MILLIS)) {
                client.call("CAIRN", "TRANSFER", move.heir());
            }
            TimeUnit.MILLISECONDS.sleep(pauseMillis);
        }
        return moves;
    }

    /** The next move once the node that is asked has heard of the last one. */
    private @Nullable Move after(Move last) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SEEN_MILLIS);
        Move next = next();
        while (last.equals(next) && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            next = next();
        }
        return next;
    }

    private @Nullable Move next() throws IOException {
        IOException last = new IOException("no node given");
        for (InetSocketAddress node : nodes) {
            try (RespClient client = login.connect(node, TIMEOUT_MILLIS)) {
                Object reply = client.call("CAIRN", "BALANCE");
                if (!(reply instanceof List<?> fields) || fields.size() != 4) {
                    return null;
                }
                return new Move(
                        String.valueOf(fields.get(0)),
                        String.valueOf(fields.get(1)),
                        String.valueOf(fields.get(2)),
                        String.valueOf(fields.get(3)));
            } catch (RespClient.ErrorReply e) {
                throw e;
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }
}
