package io.cairn.raft.meta;

import io.cairn.aof.LogStats;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.group.SinceSnapshot;
import io.cairn.raft.group.StateMachine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One group of a {@link FakeNetwork}: the log that all its replicas share. World thread only. */
final class FakeConsensus {
    private record LogEntry(long term, byte[] data) {}

    final String groupId;
    final List<Members> changes = new ArrayList<>();
    final Map<String, Replica> replicas = new TreeMap<>();

    @Nullable
    Replica leader;

    private final List<LogEntry> log = new ArrayList<>();
    private List<String> voters = List.of();
    private List<String> learners = List.of();
    private long term;

    FakeConsensus(String groupId) {
        this.groupId = groupId;
    }

    RaftGroup open(FakeNetwork network, String nodeId, GroupOptions options, StateMachine machine) {
        if (voters.isEmpty()) {
            voters = options.initialVoters();
            learners = options.initialLearners();
        }
        Replica replica = new Replica(network, nodeId, machine);
        replicas.put(nodeId, replica);
        settle();
        return replica;
    }

    void killed(String nodeId) {
        Replica replica = replicas.remove(nodeId);
        if (replica != null) {
            replica.stopped = true;
        }
        if (leader == replica) {
            leader = null;
        }
        settle();
    }

    void depose() {
        Replica old = leader;
        if (old == null) {
            return;
        }
        for (String voter : voters) {
            Replica other = replicas.get(voter);
            if (other != null && other != old) {
                lead(other);
                return;
            }
        }
    }

    /** A candidate asks for votes in the next term: all hear of it, and the leader has not yet stepped down. */
    void requestVote() {
        term++;
    }

    private boolean hasQuorum() {
        return voters.stream().filter(replicas::containsKey).count() > voters.size() / 2;
    }

    /** Elects if need be, and brings every open member up to date. */
    private void settle() {
        Replica current = leader;
        if (current != null && (!hasQuorum() || !voters.contains(current.nodeId))) {
            leader = null;
            current.machine.leaderStop();
        }
        if (leader == null && !voters.isEmpty() && hasQuorum()) {
            // Who has applied most leads, as its log is the longest; a fresh disk never wins over a full one.
            Replica best = null;
            for (String voter : voters) {
                Replica open = replicas.get(voter);
                if (open != null && (best == null || open.applied > best.applied)) {
                    best = open;
                }
            }
            if (best != null) {
                lead(best);
            }
        }
        catchUp();
    }

    private void lead(Replica next) {
        Replica old = leader;
        if (old != null) {
            leader = null;
            old.machine.leaderStop();
        }
        term++;
        leader = next;
        catchUp();
        for (Replica replica : List.copyOf(replicas.values())) {
            replica.machine.leaderChanged(next.nodeId, term);
        }
        next.machine.leaderStart(term);
    }

    private void catchUp() {
        if (leader == null) {
            return;
        }
        for (Replica replica : List.copyOf(replicas.values())) {
            if (voters.contains(replica.nodeId) || learners.contains(replica.nodeId)) {
                replica.applyUpTo(log.size(), null);
            }
        }
    }

    private void propose(Replica from, byte[] data, Proposal proposal) {
        if (leader != from || from.stopped || !hasQuorum()) {
            proposal.failed(Failure.NOT_LEADER);
            return;
        }
        log.add(new LogEntry(term, data));
        from.applyUpTo(log.size(), proposal);
        catchUp();
    }

    private void change(
            Replica from,
            Collection<String> newVoters,
            Collection<String> newLearners,
            CompletableFuture<@Nullable Void> done) {
        if (leader != from) {
            done.completeExceptionally(new IllegalStateException("not the leader"));
            return;
        }
        Members next = new Members(List.copyOf(newVoters), List.copyOf(newLearners));
        changes.add(next);
        voters = next.voters();
        learners = next.learners();
        settle();
        for (Replica replica : replicas.values()) {
            replica.machine.membersCommitted(voters, learners, log.size());
        }
        done.complete(null);
    }

    /** One node's replica. */
    final class Replica implements RaftGroup {
        private final FakeNetwork network;
        private final String nodeId;
        private final StateMachine machine;
        private int applied;
        private boolean applying;
        private volatile boolean stopped;

        Replica(FakeNetwork network, String nodeId, StateMachine machine) {
            this.network = network;
            this.nodeId = nodeId;
            this.machine = machine;
        }

        private void applyUpTo(int last, @Nullable Proposal local) {
            if (applying) {
                return;
            }
            applying = true;
            while (applied < last) {
                LogEntry entry = log.get(applied);
                applied++;
                machine.apply(applied, entry.term(), ByteBuffer.wrap(entry.data()), applied == last ? local : null);
            }
            applying = false;
        }

        @Override
        public String id() {
            return groupId;
        }

        @Override
        public SinceSnapshot sinceSnapshot() {
            return new SinceSnapshot(0, 0, 0);
        }

        @Override
        public long durableIndex() {
            return log.size();
        }

        @Override
        public LogStats logStats() {
            return new LogStats(log.size(), 0, 0, 0, 1, 0);
        }

        @Override
        public boolean isLeader() {
            return leader == this && !stopped;
        }

        @Override
        public @Nullable String leader() {
            Replica current = leader;
            return current == null ? null : current.nodeId;
        }

        @Override
        public long term() {
            return term;
        }

        @Override
        public void propose(ByteBuffer data, Proposal proposal) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            network.world.execute(() -> FakeConsensus.this.propose(this, bytes, proposal));
        }

        @Override
        public void readBarrier(ReadBarrier done) {
            network.world.execute(() -> {
                if (leader == null || stopped) {
                    done.refused(Failure.NOT_LEADER);
                } else {
                    done.passed();
                }
            });
        }

        @Override
        public CompletableFuture<@Nullable Void> changeMembers(
                Collection<String> newVoters, Collection<String> newLearners) {
            CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
            network.world.execute(() -> change(this, newVoters, newLearners, done));
            return done;
        }

        @Override
        public void leave() {}

        @Override
        public void useLeases(boolean on) {}

        @Override
        public boolean holdsLease() {
            return false;
        }

        @Override
        public boolean wasGiven() {
            return false;
        }

        @Override
        public CompletableFuture<@Nullable Void> transferLeadership(String target, Runnable hold) {
            CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
            network.world.execute(() -> {
                hold.run();
                Replica next = replicas.get(target);
                if (leader == this && next != null && voters.contains(target)) {
                    lead(next);
                    done.complete(null);
                } else {
                    done.completeExceptionally(new IllegalStateException("cannot transfer to " + target));
                }
            });
            return done;
        }

        @Override
        public CompletableFuture<Long> snapshot() {
            return network.snapshots.get();
        }

        @Override
        public void suspect(String suspected) {}

        @Override
        public GroupStatus status() {
            return network.call(() -> {
                Map<String, Long> match = new HashMap<>();
                for (Replica replica : replicas.values()) {
                    if (replica != this && leader == this) {
                        match.put(replica.nodeId, (long) replica.applied);
                    }
                }
                return new GroupStatus(
                        groupId,
                        stopped ? "STOPPED" : leader == this ? "LEADER" : "FOLLOWER",
                        term,
                        leader(),
                        1,
                        log.size(),
                        log.size(),
                        applied,
                        voters,
                        learners,
                        match,
                        term,
                        0,
                        List.of(),
                        0,
                        Set.copyOf(replicas.keySet()));
            });
        }

        @Override
        public CompletableFuture<@Nullable Void> stop() {
            CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
            network.world.execute(() -> {
                stopped = true;
                replicas.remove(nodeId, this);
                if (leader == this) {
                    leader = null;
                    machine.leaderStop();
                }
                settle();
                done.complete(null);
            });
            return done;
        }
    }
}
