package io.cairn.raft.shards;

import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.MessageTypes;
import io.cairn.raft.shards.MigrationMessages.Answer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The way to the leader of the target's shard, whoever that is at the moment. */
final class MigrationLink {
    private static final long ANSWER_MILLIS = 5_000;
    private static final long PAUSE_MILLIS = 20;

    private final GroupHost host;
    private final LeaderTable leaders;
    private final String targetShard;

    /** Asked before each try. */
    interface Check {
        void require() throws MigrationStopped;
    }

    MigrationLink(GroupHost host, LeaderTable leaders, String targetShard) {
        this.host = host;
        this.leaders = leaders;
        this.targetShard = targetShard;
    }

    /** Sends to the present leader; a failed future when there is none, or it does not answer. */
    CompletableFuture<Answer> send(byte[] message) {
        LeaderTable.Leader leader = leaders.leader(targetShard);
        if (leader == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("the target has no leader"));
        }
        return host.sendBulk(leader.nodeId(), MessageTypes.MIGRATION, message).thenApply(Answer::read);
    }

    /** Blocks until the target's log receives the slots. */
    void begin(Check check, String id, long attempt, List<ShardEntry.Activation> slots)
            throws InterruptedException, MigrationStopped {
        ask(check, MigrationMessages.begin(id, attempt, slots));
    }

    /** Blocks until the target's leader says how far it has come. */
    Answer position(Check check, String id, long attempt) throws InterruptedException, MigrationStopped {
        return ask(check, MigrationMessages.piece(id, attempt, 0, new byte[0]));
    }

    private Answer ask(Check check, byte[] message) throws InterruptedException, MigrationStopped {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MigrationSource.PATIENCE_MILLIS);
        String last = "";
        while (System.nanoTime() < deadline) {
            check.require();
            Answer answer = answer(send(message));
            if (answer != null && answer.status() == MigrationMessages.OK) {
                return answer;
            }
            if (answer != null && answer.status() == MigrationMessages.REFUSED) {
                throw new MigrationStopped("the target says: " + answer.reason(), false);
            }
            last = answer == null ? "the target does not answer" : answer.reason();
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        throw new MigrationStopped(last, false);
    }

    private static @Nullable Answer answer(CompletableFuture<Answer> sent) throws InterruptedException {
        try {
            return sent.get(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return null;
        }
    }

    /** The target's leader is told, once, to look at the meta group's decision. */
    void decided(long version) {
        LeaderTable.Leader leader = leaders.leader(targetShard);
        if (leader != null) {
            host.send(leader.nodeId(), MessageTypes.MIGRATION, MigrationMessages.decided(version));
        }
    }
}
