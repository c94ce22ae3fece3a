package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * CLUSTER SLOT-STATS SLOTSRANGE start end | ORDERBY key-count [LIMIT n] [ASC|DESC]: how many keys the slots of this node's shard
 * have (Redis 8.2, Valkey 8: cluster_slot_stats.c). Of the metrics there is the one that those have too while
 * {@code cluster-slot-stats-enabled} is off.
 */
final class SlotStats {
    private static final String SYNTAX =
            "ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.";

    private final Supplier<ClusterView> view;

    SlotStats(Supplier<ClusterView> view) {
        this.view = view;
    }

    private record Stat(int slot, long keys) {}

    /** Arguments of ORDERBY. */
    private record Order(int limit, boolean descending) {}

    void run(SessionCall call) {
        Args args = call.args();
        if (args.is(2, "slotsrange") && args.count() == 5) {
            range(call);
        } else if (args.is(2, "orderby") && args.count() >= 4) {
            ordered(call);
        } else {
            call.reply().error(SYNTAX);
        }
    }

    private void range(SessionCall call) {
        Integer first = ClusterAdmin.number(call.args().text(3));
        Integer last = ClusterAdmin.number(call.args().text(4));
        if (!isSlot(first) || !isSlot(last) || first == null || last == null) {
            call.reply().error("ERR Invalid or out of range slot");
        } else if (first > last) {
            call.reply().error("ERR Start slot number " + first + " is greater than end slot number " + last);
        } else {
            reply(call.reply(), stats(call.server().keyspace(), first, last));
        }
    }

    private static boolean isSlot(@Nullable Integer number) {
        return number != null && number >= 0 && number < Slots.COUNT;
    }

    private void ordered(SessionCall call) {
        if (!call.args().is(3, "key-count")) {
            call.reply().error("ERR Unrecognized sort metric for ORDERBY.");
            return;
        }
        Order order = order(call);
        if (order == null) {
            return;
        }
        // Ties in order of slot, whichever way the keys are ordered, as there.
        Comparator<Stat> byKeys = Comparator.comparingLong(Stat::keys);
        List<Stat> stats = stats(call.server().keyspace(), 0, Slots.COUNT - 1);
        stats.sort((order.descending() ? byKeys.reversed() : byKeys).thenComparingInt(Stat::slot));
        reply(call.reply(), stats.subList(0, Math.min(order.limit(), stats.size())));
    }

    /** Null after an error reply. */
    private static @Nullable Order order(SessionCall call) {
        Args args = call.args();
        int limit = Slots.COUNT;
        boolean descending = true;
        boolean limited = false;
        boolean directed = false;
        for (int i = 4; i < args.count(); i++) {
            boolean way = args.is(i, "asc") || args.is(i, "desc");
            if (way && !directed) {
                descending = args.is(i, "desc");
                directed = true;
            } else if (args.is(i, "limit") && !limited && i + 1 < args.count()) {
                Integer number = ClusterAdmin.number(args.text(++i));
                if (number == null || number < 1 || number > Slots.COUNT) {
                    call.reply()
                            .error("ERR Limit has to lie in between 1 and " + Slots.COUNT
                                    + " (maximum number of slots).");
                    return null;
                }
                limit = number;
                limited = true;
            } else {
                call.reply().error("ERR syntax error");
                return null;
            }
        }
        return new Order(limit, descending);
    }

    private List<Stat> stats(Keyspace keyspace, int first, int last) {
        ClusterView now = view.get();
        ClusterView.Group mine = now.groupOf(now.selfId());
        List<Stat> stats = new ArrayList<>();
        for (SlotRange range : mine == null ? List.<SlotRange>of() : mine.slots()) {
            for (int slot = Math.max(first, range.first()); slot <= Math.min(last, range.last()); slot++) {
                stats.add(new Stat(slot, keyspace.keysInSlot(slot)));
            }
        }
        return stats;
    }

    private static void reply(Reply reply, List<Stat> stats) {
        reply.array(stats.size());
        for (Stat stat : stats) {
            reply.array(2);
            reply.number(stat.slot());
            reply.map(1);
            reply.bulk("key-count");
            reply.number(stat.keys());
        }
    }
}
