package io.cairn.gossip.claims;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Many {@link ClaimsNode}s over a network that loses, delays and doubles messages, in virtual time. One seed, one history. */
final class SimCluster {
    static final long TIMEOUT = 1_000;
    private static final long TICK = 50;

    private record Letter(long at, long order, String from, String to, byte[] bytes) {}

    /** One node with its disk. */
    final class SimNode implements ClaimPorts {
        final String id;
        final Place place;

        @Nullable
        ClaimsNode node;

        @Nullable
        Saved disk;

        long offset;
        boolean data = true;
        long pausedUntil;
        /** Its shard is about to leave gossip mode, or has. */
        boolean sealed;

        long skew;
        /** cluster-node-timeout of this node; changed at runtime as by CONFIG SET. */
        long timeout = TIMEOUT;

        long nextTick;
        final Set<Integer> keys = new HashSet<>();

        @Nullable
        Claim primary;

        SimNode(int number) {
            id = String.format(Locale.ROOT, "%040x", number);
            place = new Place("127.0.0.1", 7000 + number, 17_000 + number, "");
        }

        long clock() {
            return now + skew;
        }

        void start(boolean lostData) {
            node = new ClaimsNode(
                    Claim.of(id, place, false),
                    disk,
                    lostData,
                    new Settings(this),
                    this,
                    new Random(random.nextLong()),
                    clock());
            nextTick = now + random.nextInt((int) TICK);
        }

        void kill() {
            node = null;
        }

        /** The machine starts anew, and its monotonic clock with it. */
        void reboot() {
            skew = random.nextInt(1_000_000) - 500_000L;
            start(false);
        }

        Picture picture() {
            return java.util.Objects.requireNonNull(node).picture();
        }

        boolean takesWrites(int slot) {
            if (node == null) {
                return false;
            }
            Picture picture = picture();
            return id.equals(picture.owners()[slot])
                    && picture.self().isPrimary()
                    && clock() < picture.leaseUntilMillis()
                    && now >= pausedUntil
                    && !sealed
                    && !picture.migrating().containsKey(slot);
        }

        @Override
        public void send(String nodeId, Place to, byte[] message) {
            for (SimNode other : nodes) {
                if (other.place.bus().equals(to.bus())) {
                    post(id, other.id, message);
                }
            }
            try {
                if (MessageCodec.decode(message).message() instanceof Message.Vote vote) {
                    String before = votes.putIfAbsent(id + "@" + vote.epoch(), nodeId);
                    assertThat(before)
                            .as("votes of %s in epoch %s", id, vote.epoch())
                            .isIn(null, nodeId);
                    assertThat(java.util.Objects.requireNonNull(disk).lastVoteEpoch())
                            .isGreaterThanOrEqualTo(vote.epoch());
                }
            } catch (java.io.IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void save(Saved saved) {
            disk = saved;
            Claim claim = saved.self();
            if (claim.isPrimary() && claim.voted()) {
                String before = winners.putIfAbsent(claim.configEpoch(), id);
                assertThat(before).as("winner of epoch %s", claim.configEpoch()).isIn(null, id);
            }
        }

        @Override
        public long offset() {
            return offset;
        }

        @Override
        public boolean hasData() {
            return data;
        }

        @Override
        public void lost(SlotSet slots) {
            slots.bits().stream().forEach(keys::remove);
        }

        @Override
        public void clear() {
            keys.clear();
            data = false;
        }

        @Override
        public long dataAgeMillis() {
            return 0;
        }

        @Override
        public void role(@Nullable Claim claim) {
            primary = claim;
        }

        @Override
        public void migrating(Map<Integer, String> slots) {}

        @Override
        public int keys(int slot) {
            return keys.contains(slot) ? 1 : 0;
        }

        @Override
        public long stopWrites(long millis) {
            pausedUntil = now + millis;
            return offset();
        }

        @Override
        public void resumeWrites() {
            pausedUntil = now;
        }
    }

    final Random random;
    final List<SimNode> nodes = new ArrayList<>();
    final Map<String, String> votes = new HashMap<>();
    final Map<Long, String> winners = new HashMap<>();
    private final PriorityQueue<Letter> letters =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Letter::at).thenComparingLong(Letter::order));
    private final Map<String, Integer> sides = new HashMap<>();
    private long order;
    double loss;
    double twice;
    long maxDelay = 5;
    long now = 1_000_000;

    private record Settings(SimNode node) implements ClaimSettings {
        @Override
        public long nodeTimeoutMillis() {
            return node.timeout;
        }

        @Override
        public long validityFactor() {
            return 10;
        }

        @Override
        public long replicaPingMillis() {
            return 10_000;
        }

        @Override
        public long migrationBarrier() {
            return 1;
        }

        @Override
        public boolean allowReplicaMigration() {
            return true;
        }
    }

    SimCluster(long seed) {
        random = new Random(seed);
    }

    private void post(String from, String to, byte[] bytes) {
        boolean cut = !sides.getOrDefault(from, 0).equals(sides.getOrDefault(to, 0));
        if (cut || random.nextDouble() < loss) {
            return;
        }
        int copies = random.nextDouble() < twice ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            letters.add(new Letter(now + 1 + random.nextInt((int) maxDelay), order++, from, to, bytes));
        }
    }

    SimNode node(String id) {
        return nodes.stream().filter(node -> node.id.equals(id)).findFirst().orElseThrow();
    }

    void side(SimNode node, int side) {
        sides.put(node.id, side);
    }

    void heal() {
        sides.clear();
    }

    private boolean joined(String a, String b) {
        return sides.getOrDefault(a, 0).equals(sides.getOrDefault(b, 0));
    }

    /** Lets time pass, one millisecond after the other. */
    void run(long millis) {
        for (long end = now + millis; now < end; now++) {
            while (!letters.isEmpty() && letters.peek().at() <= now) {
                Letter letter = letters.poll();
                SimNode to = node(letter.to());
                if (to.node != null && joined(letter.from(), letter.to())) {
                    to.node.receive(letter.bytes(), to.clock());
                }
            }
            for (SimNode node : nodes) {
                if (node.node != null && now >= node.nextTick) {
                    node.nextTick = now + TICK;
                    replicate(node);
                    Set<String> alive = new HashSet<>();
                    for (SimNode other : nodes) {
                        if (other.node != null && joined(node.id, other.id)) {
                            alive.add(other.place.bus());
                        }
                    }
                    node.node.swim(alive);
                    node.node.tick(node.clock());
                }
            }
            if (now % 7 == 0) {
                checkWriters();
            }
        }
    }

    private void replicate(SimNode node) {
        Claim primary = node.primary;
        if (primary == null) {
            node.offset++;
        } else {
            SimNode from = node(primary.id());
            if (from.node != null && joined(node.id, from.id) && from.primary == null) {
                node.offset = from.offset;
            }
        }
    }

    /** No two nodes ever take writes for one slot. */
    private void checkWriters() {
        for (int slot = 0; slot < SlotSet.SLOTS; slot += 601) {
            String writer = null;
            for (SimNode node : nodes) {
                if (node.takesWrites(slot)) {
                    assertThat(writer)
                            .as("two writers of slot %s: %s and %s", slot, writer, node.id)
                            .isNull();
                    writer = node.id;
                }
            }
        }
    }

    /** A node that knows no other. */
    SimNode add(int number) {
        SimNode node = new SimNode(number);
        nodes.add(node);
        node.skew = random.nextInt(1_000_000);
        node.start(false);
        return node;
    }

    /** Has a node hear of a ban, as if another had told it. */
    void hear(SimNode node, SimNode from, Ban ban) {
        java.util.Objects.requireNonNull(node.node)
                .receive(
                        MessageCodec.encode(
                                new MessageCodec.Envelope(from.id, 0, new Message.News(List.of(), List.of(ban)))),
                        node.clock());
    }

    /** {@code primaries} with even slots and one replica each, all having met. */
    void form(int primaries, int replicasEach) {
        int all = primaries * (1 + replicasEach);
        for (int i = 0; i < all; i++) {
            nodes.add(new SimNode(i + 1));
            nodes.get(i).skew = random.nextInt(1_000_000);
            nodes.get(i).data = false;
            nodes.get(i).start(false);
        }
        for (int i = 0; i < primaries; i++) {
            int first = SlotSet.SLOTS * i / primaries;
            int last = SlotSet.SLOTS * (i + 1) / primaries - 1;
            long epoch = i + 1L;
            tell(nodes.get(i), admin -> {
                assertThat(admin.setConfigEpoch(epoch)).isNull();
                admin.addSlots(
                        SlotSet.range(first, last), done -> assertThat(done).isEmpty());
            });
        }
        for (int i = 1; i < all; i++) {
            String bus = nodes.get(0).place.bus();
            tell(nodes.get(i), admin -> assertThat(admin.meet(bus)).isNull());
        }
        eventually(
                "all know each other",
                10_000,
                () -> nodes.stream().allMatch(node -> node.picture().nodes().size() == all));
        for (int i = primaries; i < all; i++) {
            String id = nodes.get(i % primaries).id;
            tell(nodes.get(i), admin -> assertThat(admin.replicate(id)).isNull());
        }
        nodes.forEach(node -> node.data = true);
        eventually("all know the replicas", 10_000, () -> nodes.stream().allMatch(this::knowsReplicas));
        eventually("all are well", 10_000, this::isWell);
    }

    private boolean knowsReplicas(SimNode node) {
        long primaries = node.picture().nodes().values().stream()
                .filter(other -> other.claim().isPrimary())
                .count();
        return primaries == node.picture().size();
    }

    void tell(SimNode node, java.util.function.Consumer<ClaimsAdmin> word) {
        java.util.Objects.requireNonNull(node.node).run(node.clock(), word);
    }

    void eventually(String what, long withinMillis, java.util.function.BooleanSupplier holds) {
        for (long end = now + withinMillis; !holds.getAsBoolean(); ) {
            assertThat(now).as("not in time: %s\n%s", what, this).isLessThan(end);
            run(20);
        }
    }

    /** All nodes run, agree, and somebody takes writes for every slot. */
    boolean isWell() {
        return isWell(slot -> true);
    }

    /** The same, where somebody needs to take writes only for these slots. */
    boolean isWell(java.util.function.IntPredicate served) {
        List<SimNode> live = nodes.stream().filter(node -> node.node != null).toList();
        @Nullable String[] owners = live.get(0).picture().owners();
        for (SimNode node : live) {
            Picture picture = node.picture();
            boolean agrees = java.util.Arrays.equals(owners, picture.owners());
            boolean covered = picture.isCovered() || live.size() < nodes.size();
            if (!agrees || picture.assigned() < SlotSet.SLOTS || !covered || !picture.seesMajority()) {
                return false;
            }
        }
        for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
            if (served.test(slot)
                    && !node(java.util.Objects.requireNonNull(owners[slot])).takesWrites(slot)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (SimNode node : nodes) {
            text.append(node.id.substring(36)).append(node.node == null ? " down " : " up   ");
            if (node.node != null) {
                Picture picture = node.picture();
                text.append(
                        picture.self().isPrimary()
                                ? "primary"
                                : "replica of " + picture.self().primaryId().substring(36));
                text.append(" epoch ")
                        .append(picture.self().configEpoch())
                        .append('/')
                        .append(picture.currentEpoch());
                text.append(" migrating ").append(picture.migrating());
                text.append(" slots ").append(picture.slotsOf(node.id).size());
                text.append(" lease ").append(picture.leaseUntilMillis() - node.clock());
                text.append(" majority ").append(picture.seesMajority()).append(" failed ");
                picture.nodes().forEach((id, other) -> text.append(other.failed() ? id.substring(36) + " " : ""));
            }
            text.append('\n');
        }
        return text.toString();
    }
}
