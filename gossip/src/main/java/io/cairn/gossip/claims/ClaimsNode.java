package io.cairn.gossip.claims;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of a cluster in gossip mode: it makes claims, hears others', finds failures, votes and stands. All methods on one thread; time
 * is an argument, in milliseconds of a clock that never goes back. Each event ends alike: what it changed is put on the disk, then what
 * it says is sent. So no vote, epoch or claim is ever heard of that its node could forget. What it heard itself follows within a second.
 *
 * <p>Pings carry a number that says what the sender knows ({@link Registry#picture}); whoever knows otherwise answers with a list of
 * versions, and gets the claims it lacks. A claim that changes is sent to everybody at once besides.
 */
public final class ClaimsNode {
    private static final Logger log = LoggerFactory.getLogger(ClaimsNode.class);
    private static final long MIN_PING_MILLIS = 50;
    private static final long MAX_PING_MILLIS = 1_000;
    private static final int PINGS_PER_TIMEOUT = 4;
    /** A node that did not run for so long was deaf, and the others not silent. */
    private static final long DEAF_MILLIS = 1_000;
    /** How long CLUSTER MEET looks for the node. */
    public static final long MEET_MILLIS = 30_000;

    /** What others have said is on the disk after so long; what this node has said is, before it is heard. */
    private static final long CATCH_UP_MILLIS = 1_000;

    /** How long a primary waits for a majority's support before it asks for another epoch. */
    private static final int RENEW_TIMEOUTS = 2;

    private static final int MAX_MEETING = 1_024;
    private static final long MEET_AGAIN_MILLIS = 200;

    /** A node that is looked for; {@code lifts}: by an operator's word. */
    private record Meeting(long until, boolean lifts) {}

    private final ClaimSettings settings;
    private final ClaimPorts ports;
    private final Random random;
    private final Registry registry;
    private final Outbox outbox;
    private final Failures failures;
    private final OpenSlotTable open;
    private final Promises promises;
    private final Voter voter;
    private final Candidate candidate;
    private final Succession succession;
    private final ReplicaMove replicaMove;
    private final Map<String, Meeting> meeting = new LinkedHashMap<>();
    private volatile Picture picture;
    private volatile List<Promise> promised = List.of();
    private long now;
    private long farMillis;
    private long metMillis;
    private long caughtUpMillis;
    private long collidedMillis = Long.MIN_VALUE;
    private long unsupportedMillis = Long.MIN_VALUE;
    private final long startedMillis;
    /** Ballots of the life before are over up to this epoch, which is said when there was time to hear of a newer claim of this node. */
    private long overEpoch;

    /**
     * @param self as which a new node begins; of a known one only its place counts
     * @param saved what it saved last, or null
     * @param lostData it starts without the data that it had
     */
    public ClaimsNode(
            Claim self,
            @Nullable Saved saved,
            boolean lostData,
            ClaimSettings settings,
            ClaimPorts ports,
            Random random,
            long nowMillis) {
        this.settings = settings;
        this.ports = ports;
        this.random = random;
        this.now = nowMillis;
        this.startedMillis = nowMillis;
        this.registry = saved == null ? new Registry(self) : new Registry(saved, nowMillis);
        this.outbox = new Outbox(registry, ports);
        this.failures = new Failures(registry, settings, outbox, nowMillis);
        this.open = new OpenSlotTable(registry);
        this.promises = new Promises(registry, open);
        this.voter = new Voter(registry, settings, ports, outbox, open, promises);
        this.candidate = new Candidate(registry, settings, voter, outbox, random);
        this.succession = new Succession(registry, settings, ports, candidate, outbox, random);
        this.replicaMove = new ReplicaMove(registry, settings, promises);
        if (saved != null) {
            voter.restore(saved);
            open.restore(saved);
            promises.restore(saved);
            Claim known = saved.self().at(self.place(), self.noFailover());
            overEpoch = saved.currentEpoch();
            boolean misses = lostData && known.isPrimary() && !known.slots().isEmpty() && hasReplicas();
            if (misses) {
                log.warn("{}: this primary has lost its data: a replica is to take over", known.id());
            }
            registry.self(known.empty(misses));
        }
        this.picture = view();
        event(nowMillis, () -> {});
    }

    private boolean hasReplicas() {
        return !registry.replicasOf(registry.id()).isEmpty();
    }

    /** What holds after the last event. Any thread. */
    public Picture picture() {
        return picture;
    }

    private void event(long nowMillis, Runnable body) {
        now = nowMillis;
        body.run();
        recall();
        reconcile();
        if (registry.takeUntold()) {
            outbox.toAll(new Message.News(List.of(registry.self()), List.copyOf(registry.bans())));
        }
        if (registry.takeUnsaved()) {
            ports.save(saved());
        }
        picture = view();
        promised = promises.all();
        ports.role(primary());
        // Before an operator hears that a slot migrates: no new key of it is made here from then on.
        ports.migrating(picture.migrating());
        outbox.flush();
    }

    private Saved saved() {
        return new Saved(
                registry.self(),
                registry.others().stream().map(other -> other.claim).toList(),
                registry.currentEpoch(),
                voter.lastVoteEpoch(),
                voter.lastVotedFor(),
                voter.grants(),
                List.copyOf(registry.bans()),
                open.migrating(),
                open.importing(),
                promises.all());
    }

    // ---- time

    /** About ten times a second. */
    public void tick(long nowMillis) {
        event(nowMillis, () -> {
            long gap = nowMillis - tickedMillis();
            if (gap > DEAF_MILLIS) {
                registry.others().forEach(other -> other.heardMillis = Math.min(nowMillis, other.heardMillis + gap));
            }
            ticked = nowMillis;
            ping();
            meet();
            failures.look(now);
            candidate.tick(now);
            succession.tick(now);
            migrateReplica();
            findsItsData();
            resolveCollision();
            renew();
            if (overEpoch > 0 && now - startedMillis >= CATCH_UP_MILLIS) {
                registry.self(registry.self().decided(overEpoch));
                overEpoch = 0;
            }
            if (now - caughtUpMillis >= CATCH_UP_MILLIS) {
                caughtUpMillis = now;
                registry.catchUp();
            }
        });
    }

    private long ticked = Long.MIN_VALUE;

    private long tickedMillis() {
        return ticked == Long.MIN_VALUE ? now : ticked;
    }

    private @Nullable Claim primary() {
        Claim self = registry.self();
        return self.isPrimary() ? null : registry.claim(self.primaryId());
    }

    private Message.Ping pingOf(long sentMillis, boolean answer, long leaseMillis) {
        return new Message.Ping(sentMillis, ports.offset(), ports.hasData(), registry.picture(), answer, leaseMillis);
    }

    private void ping() {
        long interval = pingMillis(settings.nodeTimeoutMillis());
        Message ping = pingOf(now, false, 0);
        List<Known> far = new ArrayList<>();
        for (Known other : registry.others()) {
            if (!failures.isClose(other)) {
                far.add(other);
            } else if (now - other.pingedMillis
                    >= (other.leaseMillis > 0 ? Math.min(interval, pingMillis(other.leaseMillis)) : interval)) {
                other.pingedMillis = now;
                outbox.to(other, ping);
            }
        }
        if (!far.isEmpty() && now - farMillis >= interval) {
            farMillis = now;
            Known other = far.get(random.nextInt(far.size()));
            other.pingedMillis = now;
            outbox.to(other, ping);
        }
    }

    private static long pingMillis(long timeoutMillis) {
        return Math.max(MIN_PING_MILLIS, Math.min(MAX_PING_MILLIS, timeoutMillis / PINGS_PER_TIMEOUT));
    }

    private void meet() {
        if (now - metMillis >= MEET_AGAIN_MILLIS) {
            metMillis = now;
            meeting.values().removeIf(meeting -> now >= meeting.until());
            meeting.forEach((bus, meeting) -> sendMeet(bus, meeting.lifts()));
        }
    }

    private void sendMeet(String bus, boolean lifts) {
        int colon = bus.lastIndexOf(':');
        Place place = new Place(bus.substring(0, colon), 0, Integer.parseInt(bus.substring(colon + 1)), "");
        outbox.to("", place, new Message.Meet(registry.self(), bus, false, lifts));
    }

    private void migrateReplica() {
        Claim self = registry.self();
        Claim to = self.isPrimary() || promises.bindShard(self.primaryId()) ? null : replicaMove.target(now);
        if (to != null) {
            log.info("{}: goes to {}, which has no replica", registry.id(), to.id());
            follow(to);
        }
    }

    /** A primary without its data serves again when none of its replicas has any. */
    private void findsItsData() {
        if (registry.self().empty()) {
            List<Known> replicas = registry.replicasOf(registry.id());
            if (replicas.stream().allMatch(replica -> replica.saidData && !replica.data)) {
                registry.self(registry.self().empty(false));
            }
        }
    }

    /** Two primaries of one config epoch: the one with the lower id gets another, if a majority agrees. Redis: clusterHandleConfigEpochCollision. */
    private void resolveCollision() {
        Claim self = registry.self();
        long pause = MAX_PING_MILLIS + random.nextInt((int) MAX_PING_MILLIS);
        if (!self.isPrimary() || candidate.running() != null || now - pause < collidedMillis) {
            return;
        }
        for (Known other : registry.others()) {
            Claim claim = other.claim;
            if (claim.isPrimary()
                    && claim.configEpoch() == self.configEpoch()
                    && self.id().compareTo(claim.id()) < 0) {
                collidedMillis = now;
                candidate.move(SlotSet.NONE, now, done -> {});
                return;
            }
        }
    }

    /**
     * A primary that hears a majority and is not let take writes: who was voted for in its place has gone before anybody heard that it won. A higher
     * epoch, by a vote, ends that; the votes are not given while the other may still lead.
     */
    private void renew() {
        Claim self = registry.self();
        boolean waits =
                registry.isVoter() && !self.empty() && failures.seesMajority() && now >= failures.leaseUntil(now);
        if (!waits) {
            unsupportedMillis = Long.MIN_VALUE;
        } else if (unsupportedMillis == Long.MIN_VALUE) {
            unsupportedMillis = now;
        } else if (now - unsupportedMillis > RENEW_TIMEOUTS * settings.nodeTimeoutMillis()
                && candidate.running() == null) {
            unsupportedMillis = now;
            candidate.move(SlotSet.NONE, now, done -> {});
        }
    }

    // ---- what follows from the claims

    /** This node's file is an old one, or was lost: it is what it last was. Whether it voted since, nobody knows. */
    private void recall() {
        Claim past = registry.takePast();
        if (past == null) {
            return;
        }
        Claim self = registry.self();
        log.warn("{}: the others know a newer claim of this node than its {}", self.id(), NodesFile.NAME);
        boolean misses = past.isPrimary() && !past.slots().isEmpty() && !ports.hasData() && hasReplicas();
        registry.recall(past.at(self.place(), self.noFailover())
                .decided(registry.currentEpoch())
                .empty(misses));
        voter.abstains(registry.currentEpoch());
    }

    private void reconcile() {
        Claim self = registry.self();
        open.settle();
        if (self.isPrimary()) {
            SlotSet owned = registry.owned(self.id());
            SlotSet lost = self.slots().minus(owned);
            if (!lost.isEmpty()) {
                loses(self, owned, lost);
            }
            return;
        }
        Claim primary = registry.claim(self.primaryId());
        if (primary == null || primary.id().equals(self.id())) {
            return;
        }
        if (!primary.isPrimary()) {
            Claim above = registry.claim(primary.primaryId());
            if (above != null && above.isPrimary() && !above.id().equals(self.id())) {
                follow(above);
            }
        } else if (registry.owned(primary.id()).isEmpty() && !primary.slots().isEmpty()) {
            String heir = registry.owner(primary.slots().runs().get(0)[0]);
            Claim claim = heir == null || heir.equals(self.id()) ? null : registry.claim(heir);
            if (claim != null) {
                follow(claim);
            }
        }
    }

    /** Redis: clusterUpdateSlotsConfigWith. */
    private void loses(Claim self, SlotSet owned, SlotSet lost) {
        String winner = registry.owner(lost.runs().get(0)[0]);
        Claim heir = winner == null ? null : registry.claim(winner);
        boolean succeeded =
                heir != null && lost.minus(registry.owned(heir.id())).isEmpty() && lost.equals(self.slots());
        boolean newer = heir != null && (heir.configEpoch() > self.configEpoch() || heir.voted());
        // Of two that nobody voted for, none is known to be the newer one: no data goes.
        boolean mayFollow = newer || !ports.hasData();
        if (heir != null
                && mayFollow
                && owned.isEmpty()
                && (settings.allowReplicaMigration() || (succeeded && lost.size() > 1))) {
            candidate.abandon("ERR this node has become a replica");
            log.info("{}: all its slots are {}'s now", self.id(), heir.id());
            follow(heir);
        } else {
            registry.self(self.holding(owned));
            if (newer) {
                ports.lost(lost);
            }
        }
    }

    private void follow(Claim primary) {
        candidate.abandon("ERR this node has become a replica");
        open.clear();
        registry.self(registry.self().asReplicaOf(primary.id()));
    }

    // ---- messages

    /** A message of another node came; nonsense is passed over. */
    public void receive(byte[] bytes, long nowMillis) {
        MessageCodec.Envelope envelope;
        try {
            envelope = MessageCodec.decode(bytes);
        } catch (IOException | RuntimeException e) {
            log.debug("{}: a message that cannot be read: {}", registry.id(), e.getMessage());
            return;
        }
        event(nowMillis, () -> received(envelope));
    }

    private void received(MessageCodec.Envelope envelope) {
        if (envelope.message() instanceof Message.Meet meet) {
            met(meet);
            return;
        }
        Known from = registry.other(envelope.from());
        if (from == null) {
            return;
        }
        registry.heardEpoch(envelope.currentEpoch());
        from.heardMillis = now;
        Message message = envelope.message();
        if (message instanceof Message.Ping ping) {
            pinged(from, ping);
        } else if (message instanceof Message.Digest digest) {
            digest(from, digest);
        } else if (message instanceof Message.News news) {
            news.bans().forEach(registry::hear);
            news.claims().forEach(claim -> registry.hear(claim, now));
        } else if (message instanceof Message.Report report) {
            reported(from, report);
        } else if (message instanceof Message.Failed failed) {
            Known other = registry.other(failed.nodeId());
            if (other != null) {
                failures.fail(other, now);
            }
        } else if (message instanceof Message.AskVote ask) {
            voter.asked(from, ask.ballot(), candidate.running(), now);
        } else if (message instanceof Message.Vote vote) {
            candidate.voted(envelope.from(), vote.epoch());
        } else if (message instanceof Message.Refusal refusal) {
            candidate.refused(refusal, now);
        } else if (message instanceof Message.StopWrites) {
            succession.stopWrites(from, now);
        } else if (message instanceof Message.Stopped stopped) {
            succession.stopped(envelope.from(), stopped.offset());
        }
    }

    private void met(Message.Meet meet) {
        Claim claim = meet.self();
        boolean asked = !meet.answer() || meeting.remove(meet.at()) != null;
        if (!asked || claim.id().equals(registry.id())) {
            meeting.remove(meet.at());
            return;
        }
        if (meet.lifts()) {
            registry.say(claim.id(), false);
        }
        if (registry.hear(claim, now)) {
            registry.changed(); // There may be nobody else to hear it from again.
        }
        if (!meet.answer() && !registry.isBanned(claim.id())) {
            outbox.to(claim.id(), claim.place(), new Message.Meet(registry.self(), meet.at(), true, meet.lifts()));
        }
    }

    private void pinged(Known from, Message.Ping ping) {
        from.offset = ping.offset();
        from.data = ping.data();
        from.saidData = true;
        if (ping.answer()) {
            failures.supported(from, ping, now);
        } else {
            long lease = failures.promise(from, voter.supports(from.claim), now);
            outbox.to(from, pingOf(ping.sentMillis(), true, lease));
        }
        if (ping.picture() != registry.picture()) {
            outbox.to(from, digest(false));
        }
    }

    private Message.Digest digest(boolean answer) {
        Map<String, Long> versions = new TreeMap<>();
        versions.put(registry.id(), registry.self().version());
        registry.others().forEach(other -> versions.put(other.claim.id(), other.claim.version()));
        Map<String, Long> stamps = new HashMap<>();
        // The stamp's last bit is the word itself, so that any difference shows.
        registry.bans().forEach(ban -> stamps.put(ban.id(), ban.stamp() * 2 + (ban.banned() ? 1 : 0)));
        return new Message.Digest(versions, stamps, answer);
    }

    private void digest(Known from, Message.Digest theirs) {
        List<Claim> claims = new ArrayList<>();
        Message.Digest ours = digest(true);
        for (String id : ours.versions().keySet()) {
            Claim claim = registry.claim(id);
            if (claim != null && theirs.versions().getOrDefault(id, 0L) < claim.version()) {
                claims.add(claim);
            }
        }
        List<Ban> bans = registry.bans().stream()
                .filter(ban -> !Objects.equals(
                        ours.stamps().get(ban.id()), theirs.stamps().get(ban.id())))
                .toList();
        for (int at = 0; at < claims.size() || (at == 0 && !bans.isEmpty()); at += MessageCodec.MAX_CLAIMS) {
            List<Claim> part = claims.subList(at, Math.min(claims.size(), at + MessageCodec.MAX_CLAIMS));
            outbox.to(from, new Message.News(List.copyOf(part), at == 0 ? bans : List.of()));
        }
        boolean lacks = theirs.versions().entrySet().stream().anyMatch(entry -> {
            Claim claim = registry.claim(entry.getKey());
            return !registry.isBanned(entry.getKey()) && (claim == null || claim.version() < entry.getValue());
        });
        if (!theirs.answer() && (lacks || !theirs.stamps().equals(ours.stamps()))) {
            outbox.to(from, ours);
        }
    }

    private void reported(Known from, Message.Report report) {
        Known other = registry.other(report.nodeId());
        if (other != null && report.failing()) {
            other.reports.put(from.claim.id(), now);
        } else if (other != null) {
            other.reports.remove(from.claim.id());
        }
    }

    /** What SWIM says: the buses ("host:port") of the nodes that are alive. */
    public void swim(Set<String> alive) {
        for (Known other : registry.others()) {
            other.swimAlive = alive.contains(other.claim.place().bus());
        }
    }

    // ---- out of gossip mode and back

    /** What this node has promised; any thread. */
    public List<Promise> promises() {
        return promised;
    }

    /** Promises not to vote in a shard any more: null, and the promise is on the disk, or why not. */
    public @Nullable String promise(long nowMillis, Promise promise) {
        AtomicReference<@Nullable String> refusal = new AtomicReference<>();
        event(nowMillis, () -> {
            Ballot running = candidate.running();
            SlotSet votes = voter.granted();
            refusal.set(promises.give(promise, running == null ? votes : votes.plus(running.slots())));
        });
        return refusal.get();
    }

    /**
     * What the cluster's log says of promises: those that are {@code over} end; shards that have left gossip mode are {@code frozen},
     * whether or not this node was asked.
     */
    public void settlePromises(long nowMillis, Predicate<Promise> over, List<Promise> frozen) {
        if (promises.all().containsAll(frozen) && promises.all().stream().noneMatch(over)) {
            return;
        }
        event(nowMillis, () -> {
            promises.settle(over);
            frozen.forEach(promises::freeze);
        });
    }

    /**
     * A shard is gossip's again: this node, which was one of it, leads it with these slots under an epoch above all, or follows who does.
     * Nobody votes on it: the cluster's log has decided. Said again it does nothing, even if another has been elected since.
     */
    public void resume(long nowMillis, String primaryId, SlotSet slots, long configEpoch) {
        String owner = slots.isEmpty() ? null : registry.owner(slots.runs().get(0)[0]);
        Claim newest = owner == null ? null : registry.claim(owner);
        if (newest != null && newest.configEpoch() >= configEpoch) {
            return;
        }
        event(nowMillis, () -> {
            Claim self = registry.self();
            registry.sawEpoch(configEpoch);
            boolean done = self.configEpoch() >= configEpoch && self.isPrimary();
            if (primaryId.equals(self.id()) && !done) {
                candidate.abandon(Candidate.PROMISED);
                registry.self(self.holding(registry.owned(self.id()).plus(slots))
                        .withEpoch(configEpoch, true)
                        .decided(configEpoch)
                        .empty(false));
            } else if (!primaryId.equals(self.id()) && !self.primaryId().equals(primaryId)) {
                candidate.abandon(Candidate.PROMISED);
                open.clear();
                registry.self(self.asReplicaOf(primaryId));
            }
        });
    }

    // ---- the operator's words

    /** An operator's word, run as an event of its own; several of an EXEC as one. */
    public void run(long nowMillis, Consumer<ClaimsAdmin> words) {
        event(nowMillis, () -> words.accept(admin()));
    }

    private ClaimsAdmin admin() {
        return new ClaimsAdmin(
                registry, open, candidate, voter, promises, succession, ports, outbox, this::meet, this::follow, now);
    }

    private boolean meet(String bus, boolean lifts) {
        if (meeting.size() >= MAX_MEETING) {
            return false;
        }
        Meeting before = meeting.get(bus);
        meeting.put(bus, new Meeting(now + MEET_MILLIS, lifts || (before != null && before.lifts())));
        sendMeet(bus, lifts);
        return true;
    }

    // ---- the picture

    private Picture view() {
        Map<String, Picture.Node> nodes = new TreeMap<>();
        Map<String, SlotSet> slots = new HashMap<>();
        boolean covered = true;
        nodes.put(
                registry.id(),
                new Picture.Node(registry.self(), false, registry.self().empty(), true, now, ports.offset(), 0));
        for (Known other : registry.others()) {
            nodes.put(
                    other.claim.id(),
                    new Picture.Node(
                            other.claim,
                            other.suspected,
                            other.failed || other.claim.empty(),
                            other.swimAlive,
                            other.heardMillis,
                            other.offset,
                            failures.reports(other)));
        }
        for (String owner : registry.voters()) {
            slots.put(owner, registry.owned(owner));
            covered &= !failures.hasFailed(owner);
        }
        return new Picture(
                registry.self(),
                nodes,
                slots,
                registry.owners(),
                open.migrating(),
                open.importing(),
                registry.currentEpoch(),
                covered,
                failures.seesMajority(),
                registry.self().empty() ? Long.MIN_VALUE : failures.leaseUntil(now),
                slots.size(),
                slots.values().stream().mapToInt(SlotSet::size).sum(),
                registry.bans().stream().filter(Ban::banned).map(Ban::id).toList());
    }
}
