package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.config.AppendFsync;
import io.cairn.config.Keys;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.ShardGroup;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * WAIT and WAITAOF in raft mode (Redis: waitCommand, waitaofCommand): how many replicas hold everything that this primary had committed
 * when it was asked, the connection's own writes among it, by what the replicas' answers to the shard's leader say. A
 * replica answers once its log is on disk, so the two count alike, and more than the quorum that every write waits for
 * anyway.
 */
final class WaitCommands {
    private static final String WORDS = "noscript @slow @connection";
    private static final long POLL_MILLIS = 5;
    private static final long LAST_POLL_MILLIS = 100;
    private static final String UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    private static final String DEPOSED =
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

    private final Supplier<ClusterRuntime> runtime;

    /** @param runtime asked at each call: the table of commands is made before the node's parts */
    WaitCommands(Supplier<ClusterRuntime> runtime) {
        this.runtime = runtime;
    }

    List<Command> table() {
        return List.of(
                Command.session("wait", 3, WORDS, this::await), Command.session("waitaof", 4, WORDS, this::awaitLog));
    }

    /** WAIT numreplicas timeout */
    private void await(SessionCall call) {
        Args args = call.args();
        if (isReplica("WAIT", call)) {
            return;
        }
        Long wanted = number(args, 1);
        if (wanted == null) {
            call.reply().error("ERR value is not an integer or out of range");
            return;
        }
        Long timeout = timeout(call, 2);
        if (timeout != null) {
            start(call, 0, wanted, timeout, (reply, local, replicas) -> reply.number(replicas));
        }
    }

    /** WAITAOF numlocal numreplicas timeout: an entry may be committed by the disks of others before it is on this node's. */
    private void awaitLog(SessionCall call) {
        Args args = call.args();
        Long local = number(args, 1);
        if (local == null || local < 0 || local > 1) {
            call.reply().error("ERR value is out of range, must be between 0 and 1");
            return;
        }
        Long wanted = number(args, 2);
        if (wanted == null || wanted < 0) {
            call.reply().error("ERR value is out of range, must be positive");
            return;
        }
        Long timeout = timeout(call, 3);
        if (timeout == null || isReplica("WAITAOF", call)) {
            return;
        }
        if (call.server().config().get(Keys.APPENDFSYNC) != AppendFsync.ALWAYS) {
            call.reply().error("ERR WAITAOF cannot be used in raft mode unless appendfsync is always.");
            return;
        }
        start(call, local, wanted, timeout, (reply, here, replicas) -> {
            reply.array(2);
            reply.number(here);
            reply.number(replicas);
        });
    }

    private boolean isReplica(String name, SessionCall call) {
        Topology topology = runtime.get().topology();
        Shard mine = topology.map().shardOfNode(topology.self().id());
        boolean replica = mine != null
                && !topology.printedPrimary(mine).equals(topology.self().id());
        if (replica) {
            call.reply()
                    .error("ERR " + name + " cannot be used with replica instances."
                            + (name.equals("WAIT")
                                    ? " Please also note that since Redis 4.0 if a replica is configured to be writable"
                                            + " (which is not the default) writes to replicas are just local and are not"
                                            + " propagated."
                                    : ""));
        }
        return replica;
    }

    private static @Nullable Long number(Args args, int i) {
        try {
            return Long.parseLong(args.text(i));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Long timeout(SessionCall call, int i) {
        Long millis = number(call.args(), i);
        if (millis == null) {
            call.reply().error("ERR timeout is not an integer or out of range");
        } else if (millis < 0) {
            call.reply().error("ERR timeout is negative");
            return null;
        }
        return millis;
    }

    private interface Answer {
        void write(Reply reply, long local, long replicas);
    }

    private void start(SessionCall call, long wantedLocal, long wanted, long timeoutMillis, Answer answer) {
        ShardGroup shard = runtime.get().member().shard();
        GroupStatus asked = shard == null ? null : shard.status();
        long index = asked == null ? 0 : awaited(asked);
        long replicas = asked == null ? 0 : holding(asked, index);
        long local = shard == null ? 0 : local(shard, index);
        boolean enough = replicas >= wanted && local >= wantedLocal;
        if (enough || call.inTransaction() || shard == null) {
            answer.write(call.reply(), local, replicas);
            return;
        }
        SessionCall.Later later = call.later();
        long client = call.session().id();
        long begin = System.nanoTime();
        AtomicBoolean ended = new AtomicBoolean();
        later.onUnblock(withError -> {
            ended.set(true);
            later.complete(reply -> {
                if (withError) {
                    reply.error(UNBLOCKED);
                } else {
                    answer.write(reply, local(shard, index), holding(shard.status(), index));
                }
            });
        });
        LongConsumer[] look = new LongConsumer[1];
        look[0] = pause -> {
            GroupStatus status = shard.status();
            long held = holding(status, index);
            long here = local(shard, index);
            long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            if (ended.get()) {
                return;
            }
            if (!status.role().equals("LEADER")) {
                later.complete(reply -> reply.error(DEPOSED));
            } else if ((held >= wanted && here >= wantedLocal) || (timeoutMillis > 0 && passed >= timeoutMillis)) {
                later.complete(reply -> answer.write(reply, here, held));
            } else if (call.server().clients().byId(client) != null) {
                long next = timeoutMillis == 0 ? pause : Math.min(pause, timeoutMillis - passed);
                CompletableFuture.delayedExecutor(Math.max(1, next), TimeUnit.MILLISECONDS)
                        .execute(() -> look[0].accept(Math.min(LAST_POLL_MILLIS, pause * 2)));
            }
        };
        look[0].accept(POLL_MILLIS);
    }

    /**
     * The entry that has all that this connection was told of: the last one committed. The applied index is raised only after
     * the clients of the entry have their answers.
     */
    static long awaited(GroupStatus status) {
        return Math.max(status.commitIndex(), status.appliedIndex());
    }

    private static long local(ShardGroup shard, long index) {
        return shard.durableIndex() >= index ? 1 : 0;
    }

    /** How many other members are known to have an entry on disk. */
    static long holding(GroupStatus status, long index) {
        return status.matchIndexes().values().stream()
                .filter(match -> match >= index)
                .count();
    }
}
