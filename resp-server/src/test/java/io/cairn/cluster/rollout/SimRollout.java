package io.cairn.cluster.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Place;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SharedMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The drivers of a whole cluster in virtual time, over data paths that only note what was done to them. The meta group never loses an entry, but
 * each node reads its log late. One seed, one history.
 */
final class SimRollout {
    /** A node's data path, and what it kept on its disk. */
    final class SimNode implements DataSwitch, RolloutPorts {
        final int number;
        final String id;
        final List<Promise> promises = new ArrayList<>();
        boolean up = true;
        boolean raft;

        @Nullable
        Long seal;

        /** Of the shard's log, as this node has it. */
        @Nullable
        Long ended;

        /** It leads nothing before. */
        long electedMillis;

        int applied;
        int life;
        long digest = 1;
        long digestMillis;
        int digests;
        boolean claimsEnded;

        @Nullable
        Rollouts rollouts;

        SimNode(int number) {
            this.number = number;
            this.id = String.format(Locale.ROOT, "%040x", number);
        }

        /** It has the log of before, of which an earlier snapshot is read first. */
        void start() {
            up = true;
            applied = random.nextInt(applied + 1);
            electedMillis = now + random.nextInt(2_000);
            life++;
            int mine = life;
            rollouts = new Rollouts(
                    this,
                    this,
                    () -> now,
                    task -> later(1, () -> {
                        if (up && life == mine) {
                            task.run();
                        }
                    }));
        }

        void kill() {
            up = false;
            rollouts = null;
        }

        String primary() {
            return node(1 + (number - 1) / size * size).id;
        }

        /** Whether a client's write would be acknowledged in gossip mode. */
        boolean writesInGossip() {
            return up && primary().equals(id) && !raft && seal == null;
        }

        private <T> CompletableFuture<T> slow(Supplier<T> what) {
            CompletableFuture<T> done = new CompletableFuture<>();
            int mine = life;
            later(1 + random.nextInt(40), () -> {
                if (!up || life != mine) {
                    return;
                }
                try {
                    if (random.nextDouble() < failures) {
                        throw new IllegalStateException("chance");
                    }
                    done.complete(what.get());
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
            return done;
        }

        // ---- the data path

        @Override
        public boolean isRaft() {
            return raft;
        }

        @Override
        public @Nullable Long sealed() {
            return seal;
        }

        @Override
        public CompletableFuture<Position> mark(String markId) {
            return slow(() -> new Position("h", 1));
        }

        @Override
        public CompletableFuture<byte[]> digestAt(String markId) {
            digests++;
            CompletableFuture<byte[]> done = new CompletableFuture<>();
            later(
                    digestMillis,
                    () -> slow(() -> new byte[] {(byte) digest}).whenComplete((bytes, failure) -> {
                        if (failure == null) {
                            done.complete(bytes);
                        } else {
                            done.completeExceptionally(failure);
                        }
                    }));
            return done;
        }

        @Override
        public CompletableFuture<Position> seal(long attempt, long holdMillis) {
            return slow(() -> {
                require(!raft && (seal == null || seal == attempt), "cannot be sealed");
                seal = attempt;
                return new Position("h", 100 + attempt);
            });
        }

        @Override
        public CompletableFuture<@Nullable Void> unseal(long attempt) {
            Rollout rollout = Rollout.of(log.last());
            assertThat(rollout == null || !rollout.binds(attempt))
                    .as("node %s unseals attempt %s, which may be, or is, committed", number, attempt)
                    .isTrue();
            return slow(() -> {
                if (seal != null && seal <= attempt) {
                    seal = null;
                }
                return null;
            });
        }

        @Override
        public CompletableFuture<Long> reach(long attempt, Position end) {
            return slow(() -> {
                require(!raft && (seal == null || seal == attempt), "sealed in another attempt");
                seal = attempt;
                return 10L + number;
            });
        }

        @Override
        public CompletableFuture<@Nullable Void> toRaft(RaftStart start) {
            Rollout rollout = Rollout.of(log.last());
            assertThat(start.voters().contains(id)
                            || (rollout != null && rollout.raft().containsKey(start.shardId())))
                    .as("data goes only for what is committed")
                    .isTrue();
            return slow(() -> {
                if (!raft) {
                    boolean voter = start.voters().contains(id);
                    assertThat(!voter || (seal != null && seal == start.attempt()))
                            .as("voter %s is at the seal of attempt %s", number, start.attempt())
                            .isTrue();
                    assertThat(start.index()).isGreaterThan(10L + number - (voter ? 0 : 1_000));
                    raft = true;
                    seal = null;
                }
                return null;
            });
        }

        @Override
        public CompletableFuture<GossipEnd> endRaft(long attempt, long holdMillis) {
            return slow(() -> {
                require(raft, "not in raft mode");
                brothers().forEach(node -> node.ended = attempt);
                return new GossipEnd(500 + attempt, "e".repeat(40), 900);
            });
        }

        @Override
        public @Nullable Long ended() {
            return isLeading() ? ended : null;
        }

        private boolean isLeading() {
            Shard shard = map().shardOfNode(id);
            return raft && shard != null && leaderOf(shard) == this;
        }

        private Stream<SimNode> brothers() {
            return nodes.stream().filter(node -> node.primary().equals(primary()));
        }

        @Override
        public CompletableFuture<@Nullable Void> resumeRaft(long attempt) {
            return slow(() -> {
                if (isLeading()) {
                    brothers()
                            .filter(node -> Long.valueOf(attempt).equals(node.ended))
                            .forEach(node -> node.ended = null);
                }
                return null;
            });
        }

        @Override
        public CompletableFuture<@Nullable Void> toGossip(GossipStart start, boolean elsewhere) {
            assertThat(log.last().shardOfNode(id) == null && rollout().back().containsKey(start.shardId()))
                    .as("node %s leaves shard %s, which is gossip's", number, start.shardId())
                    .isTrue();
            return slow(() -> {
                require(elsewhere || random.nextDouble() >= failures, "not at the end");
                raft = false;
                ended = null;
                return null;
            });
        }

        @Override
        public long pauseMillis() {
            return -1;
        }

        // ---- the node

        @Override
        public String selfId() {
            return id;
        }

        @Override
        public List<Seen> nodes() {
            return nodes.stream()
                    .map(node -> new Seen(clusterNode(node.number), "1", node.clusterId(), node.up, ""))
                    .toList();
        }

        @Override
        public @Nullable Picture picture() {
            if (claimsEnded) {
                return null;
            }
            Map<String, Picture.Node> known = new HashMap<>();
            Map<String, SlotSet> slots = new HashMap<>();
            @Nullable String[] owners = new String[SlotSet.SLOTS];
            for (SimNode node : nodes) {
                String primary = node.primary();
                SlotSet own = primary.equals(node.id) ? slotsOf(node) : SlotSet.NONE;
                if (!own.isEmpty()) {
                    slots.put(node.id, own);
                    own.bits().stream().forEach(slot -> owners[slot] = node.id);
                }
                Claim claim = new Claim(
                        node.id,
                        1,
                        new Place("127.0.0.1", 7_000 + node.number, 17_000 + node.number, ""),
                        primary.equals(node.id) ? "" : primary,
                        primary.equals(node.id) ? node.number : 0,
                        true,
                        0,
                        false,
                        false,
                        own);
                known.put(node.id, new Picture.Node(claim, false, !node.up, node.up, now, 1, 0));
            }
            return new Picture(
                    java.util.Objects.requireNonNull(known.get(id)).claim(),
                    known,
                    slots,
                    owners,
                    Map.of(),
                    Map.of(),
                    10,
                    true,
                    true,
                    Long.MAX_VALUE,
                    slots.size(),
                    SlotSet.SLOTS,
                    List.of());
        }

        @Override
        public ClusterMap map() {
            return left.contains(id) ? ClusterMap.EMPTY : log.at(applied);
        }

        @Override
        public CompletableFuture<ClusterMap> current() {
            return slow(() -> {
                applied = log.size();
                return log.last();
            });
        }

        @Override
        public String clusterId() {
            return left.contains(id) ? "" : log.last().clusterId();
        }

        @Override
        public boolean leadsMeta() {
            return this == leader;
        }

        @Override
        public String primaryOf(Shard shard) {
            return shard.preferredPrimary();
        }

        @Override
        public boolean isServed(Shard shard) {
            return leaderOf(shard) != null;
        }

        @Override
        public boolean leads(String shardId) {
            Shard shard = map().shard(shardId);
            return raft && shard != null && shard.hasMember(id) && leaderOf(shard) == this;
        }

        @Override
        public CompletableFuture<MetaResult> propose(MetaCommand command) {
            CompletableFuture<MetaResult> done = new CompletableFuture<>();
            int copies = random.nextDouble() < failures ? random.nextInt(3) : 1;
            for (int i = 0; i < copies; i++) {
                later(1 + random.nextInt(i == 0 ? 30 : 3_000), () -> done.complete(log.append(command)));
            }
            later(4_000, () -> done.completeExceptionally(new IOException("no answer")));
            return done;
        }

        @Override
        public CompletableFuture<@Nullable Void> form(Layout layout) {
            return CompletableFuture.failedFuture(new IOException("formed"));
        }

        @Override
        public CompletableFuture<@Nullable Void> awaitMap(Predicate<ClusterMap> condition) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<String> join(ClusterNode member) {
            return CompletableFuture.completedFuture("");
        }

        @Override
        public CompletableFuture<String> promise(Promise promise) {
            return slow(() -> {
                for (Promise known : promises) {
                    if (known.slots().meets(promise.slots()) && known.attempt() > promise.attempt()) {
                        return "a later one";
                    }
                }
                promises.removeIf(known -> known.slots().meets(promise.slots()));
                promises.add(promise);
                return "";
            });
        }

        @Override
        public void settle(Predicate<Promise> over, List<Promise> frozen) {
            promises.removeIf(over);
            for (Promise promise : frozen) {
                promises.removeIf(known -> known.slots().meets(promise.slots()));
                promises.add(promise);
            }
        }

        @Override
        public void resume(String primaryId, SlotSet slots, long configEpoch) {
            assertThat(configEpoch).isGreaterThan(10);
        }

        @Override
        public CompletableFuture<byte[]> ask(String nodeId, byte[] question, long withinMillis) {
            CompletableFuture<byte[]> done = new CompletableFuture<>();
            SimNode to = byId(nodeId);
            later(1 + random.nextInt(20), () -> {
                Rollouts there = to.rollouts;
                if (there == null || random.nextDouble() < failures) {
                    done.completeExceptionally(new IOException("no connection"));
                } else {
                    there.answer(question).whenComplete((answer, failure) -> {
                        if (failure != null) {
                            done.completeExceptionally(failure);
                        } else {
                            done.complete(answer);
                        }
                    });
                }
            });
            if (RolloutMessage.of(question) instanceof RolloutMessage.AskDigest) {
                // A node has the patience of another clock.
                later(withinMillis / 2, () -> done.complete(new byte[0]));
            }
            later(withinMillis, () -> done.completeExceptionally(new IOException("late")));
            return done;
        }

        @Override
        public void endClaims() {
            claimsEnded = true;
        }

        @Override
        public void beginClaims() {
            claimsEnded = false;
        }

        @Override
        public void leaveMeta() {
            left.add(id);
        }
    }

    private record Event(long at, long order, Runnable what) {}

    final Random random;
    final List<SimNode> nodes = new ArrayList<>();
    final SharedMap log;
    final Set<String> left = new HashSet<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final int size;
    private final int shards;
    private long order;
    SimNode leader;
    double failures;
    long now = 1_000_000;

    /** @param size members of each shard */
    SimRollout(long seed, int shards, int size) {
        this.random = new Random(seed);
        this.size = size;
        this.shards = shards;
        for (int i = 1; i <= shards * size; i++) {
            nodes.add(new SimNode(i));
        }
        log = new SharedMap(Layout.withoutShards(
                "c".repeat(40),
                nodes.stream().map(node -> clusterNode(node.number)).toList()));
        leader = nodes.get(0);
        nodes.forEach(SimNode::start);
    }

    private SlotSet slotsOf(SimNode primary) {
        int shard = (primary.number - 1) / size;
        return SlotSet.range(SlotSet.SLOTS * shard / shards, SlotSet.SLOTS * (shard + 1) / shards - 1);
    }

    private static ClusterNode clusterNode(int number) {
        return new ClusterNode(
                String.format(Locale.ROOT, "%040x", number),
                "127.0.0.1",
                7_000 + number,
                17_000 + number,
                27_000 + number,
                "",
                "d" + number,
                NodeState.ACTIVE);
    }

    SimNode node(int number) {
        return nodes.get(number - 1);
    }

    private SimNode byId(String id) {
        return nodes.stream().filter(node -> node.id.equals(id)).findFirst().orElseThrow();
    }

    /** The first living voter that has switched. */
    private @Nullable SimNode leaderOf(Shard shard) {
        return shard.voters().stream()
                .map(this::byId)
                .filter(node -> node.up && node.raft && now >= node.electedMillis)
                .findFirst()
                .orElse(null);
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    void later(long millis, Runnable what) {
        events.add(new Event(now + millis, order++, what));
    }

    void begin(Rollout.Consensus target) {
        assertThat(log.append(new MetaCommand.BeginRollout(target, List.of())).reason())
                .isEmpty();
    }

    Rollout rollout() {
        return java.util.Objects.requireNonNull(Rollout.of(log.last()));
    }

    void run(long millis) {
        for (long end = now + millis; now < end; now++) {
            while (!events.isEmpty()
                    && java.util.Objects.requireNonNull(events.peek()).at() <= now) {
                events.remove().what().run();
            }
            if (now % 50 == 0) {
                tick();
            }
            check();
        }
    }

    private void tick() {
        if (!leader.up) {
            nodes.stream().filter(node -> node.up).findAny().ifPresent(node -> leader = node);
        }
        long members = nodes.stream()
                .filter(node -> node.up && !left.contains(node.id))
                .count();
        for (SimNode node : nodes) {
            Rollouts running = node.rollouts;
            if (running != null) {
                // Without a majority nobody learns more of the log than it has.
                switch (members * 2 > nodes.size() ? random.nextInt(3) : 3) {
                    case 0 -> node.applied = log.size();
                    case 1 -> node.applied = Math.min(log.size(), node.applied + 1);
                    default -> {}
                }
                running.tick();
            }
        }
    }

    /** What is raft's is written by nobody in gossip mode; a shard is committed with its members sealed. */
    private void check() {
        Rollout rollout = Rollout.of(log.last());
        if (rollout == null) {
            return;
        }
        rollout.raft().forEach((id, shard) -> {
            SimNode primary = byId(shard.primaryId());
            assertThat(primary.writesInGossip())
                    .as("the primary %s of raft shard %s writes in gossip mode", primary.number, id)
                    .isFalse();
            long promised = nodes.stream()
                    .filter(node -> node.primary().equals(node.id))
                    .filter(node -> node.promises.stream()
                            .anyMatch(promise -> promise.primaryId().equals(shard.primaryId())))
                    .count();
            assertThat(promised).as("voters that promised shard %s", id).isGreaterThan(shards / 2);
        });
    }

    void eventually(String what, long withinMillis, java.util.function.BooleanSupplier holds) {
        for (long end = now + withinMillis; !holds.getAsBoolean(); ) {
            assertThat(now).as("not in time: %s\n%s", what, this).isLessThan(end);
            run(50);
        }
    }

    boolean allRaft() {
        return rollout().isDone()
                && rollout().target() == Rollout.Consensus.RAFT
                && nodes.stream().allMatch(node -> node.raft && node.claimsEnded && node.ended == null);
    }

    boolean allGossip() {
        return nodes.stream().noneMatch(node -> node.raft || node.seal != null);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (SimNode node : nodes) {
            Rollouts running = node.rollouts;
            text.append(node.number)
                    .append(node.up ? " up " : " down ")
                    .append(node.raft ? "raft " : "gossip ")
                    .append("seal ")
                    .append(node.seal)
                    .append(" applied ")
                    .append(node.applied)
                    .append(running == null ? "" : " " + running.status())
                    .append('\n');
        }
        return text.append(rollout()).toString();
    }
}
