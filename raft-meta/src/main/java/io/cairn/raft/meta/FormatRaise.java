package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises the cluster's active version once every member has announced a later one. Builds of version 1 announce nothing, so
 * a node that went back to one still stands in the map with what it could before: the step from version 1 is made only when
 * all members have just said, by a message which such builds do not know, that they can do more. On the meta group's leader.
 * Cluster thread.
 */
final class FormatRaise {
    /** What all members have said counts for so long after they were asked, milliseconds. */
    static final long FRESH_MILLIS = 1_000;

    /** Pause between two rounds of questions. */
    static final long ASK_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(FormatRaise.class);

    private final String selfId;
    private final GroupHost host;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private final LongSupplier clockMillis;
    private @Nullable CompletableFuture<?> raising;
    private long askedMillis = Long.MIN_VALUE / 2;
    private volatile String waitsFor = "";

    FormatRaise(
            String selfId,
            GroupHost host,
            Function<MetaCommand, CompletableFuture<MetaResult>> propose,
            LongSupplier clockMillis) {
        this.selfId = selfId;
        this.host = host;
        this.propose = propose;
        this.clockMillis = clockMillis;
    }

    /** Answers FORMAT: the highest version that this build can. */
    static byte[] answer() {
        return new WireWriter().u8(1).i32(ClusterFormat.SUPPORTED).toBytes();
    }

    /** One look. */
    void tick(ClusterMap map) {
        int common = Math.min(ClusterFormat.common(map), ClusterFormat.SUPPORTED);
        if (common <= map.activeFormat() || (raising != null && !raising.isDone())) {
            return;
        }
        if (map.activeFormat() > ClusterFormat.FIRST) {
            raising = propose.apply(new MetaCommand.RaiseFormat(common));
            return;
        }
        long now = clockMillis.getAsLong();
        if (now - askedMillis >= ASK_MILLIS) {
            askedMillis = now;
            raising = ask(map, common, now);
        }
    }

    private CompletableFuture<?> ask(ClusterMap map, int format, long since) {
        List<CompletableFuture<?>> asked = new ArrayList<>();
        // Who does not answer so; in the order of the answers.
        ConcurrentLinkedQueue<String> silent = new ConcurrentLinkedQueue<>();
        byte[] question = new WireWriter().u8(1).toBytes();
        for (ClusterNode node : map.activeNodes()) {
            if (!node.id().equals(selfId)) {
                asked.add(host.send(node.id(), MessageTypes.FORMAT, question)
                        .orTimeout(FRESH_MILLIS, TimeUnit.MILLISECONDS)
                        .handle((answer, failure) -> answer != null && can(answer, format))
                        .thenAccept(yes -> {
                            if (!yes) {
                                silent.add(node.id());
                            }
                        }));
            }
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).thenCompose(all -> {
            boolean fresh = clockMillis.getAsLong() - since <= FRESH_MILLIS;
            if (silent.isEmpty() && fresh) {
                return propose.apply(new MetaCommand.RaiseFormat(format));
            }
            say(String.join(" ", silent), format);
            return CompletableFuture.completedFuture(null);
        });
    }

    private void say(String silent, int format) {
        if (!silent.isEmpty() && !silent.equals(waitsFor)) {
            waitsFor = silent;
            LOG.warn(
                    "all members have announced version {}, but these do not confirm it now: {}. They are down or went"
                            + " back to an older build; CLUSTER FORGET those that do not come back",
                    format,
                    silent);
        }
    }

    private static boolean can(byte[] answer, int format) {
        try {
            WireReader in = new WireReader(answer);
            MetaCodec.requireVersion(in);
            return in.i32() >= format;
        } catch (FormatException e) {
            return false;
        }
    }
}
