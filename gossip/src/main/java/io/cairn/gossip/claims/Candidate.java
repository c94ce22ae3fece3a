package io.cairn.gossip.claims;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's own ballots, one at a time: a replica's for the place of its primary, a primary's for slots. The same ballot is sent again
 * until it is decided or its time is over; then it never counts any more, and everybody may know ({@link Claim#decidedEpoch}).
 */
final class Candidate {
    private static final Logger log = LoggerFactory.getLogger(Candidate.class);
    static final String NO_MAJORITY = "CLUSTERDOWN no majority of the primaries agrees to the change";
    static final String PROMISED = "TRYAGAIN the shard is about to change, or has changed, to raft mode";
    static final String HAS_KEYS =
            "ERR Can't assign hashslot to a different node while its owner still holds keys for" + " this hash slot.";
    /** Changes of slots that wait. */
    private static final int MAX_WAITING = 1_024;

    private static final long RESEND_MILLIS = 100;
    private static final long MIN_BALLOT_MILLIS = 1_000;
    private static final long JITTER_MILLIS = 60;

    /** What an operator wants of this node's slots. */
    private record Move(SlotSet plus, Consumer<String> done) {}

    private final Registry registry;
    private final ClaimSettings settings;
    private final Voter voter;
    private final Outbox outbox;
    private final Random random;
    private final Queue<Move> waiting = new ArrayDeque<>();
    private @Nullable Ballot ballot;
    private @Nullable Move move;
    private final Set<String> votes = new HashSet<>();
    private final Set<String> mustAgree = new HashSet<>();
    private long endsMillis;
    private long sentMillis;
    private long againMillis;

    Candidate(Registry registry, ClaimSettings settings, Voter voter, Outbox outbox, Random random) {
        this.registry = registry;
        this.settings = settings;
        this.voter = voter;
        this.outbox = outbox;
        this.random = random;
    }

    @Nullable
    Ballot running() {
        return ballot;
    }

    long ballotMillis() {
        return Math.max(MIN_BALLOT_MILLIS, settings.nodeTimeoutMillis());
    }

    /** Takes slots (none: only a higher epoch) by a vote; {@code done} gets an empty text or an error line. */
    void move(SlotSet plus, long now, Consumer<String> done) {
        if (waiting.size() >= MAX_WAITING) {
            done.accept("ERR too many changes of slots wait");
            return;
        }
        waiting.add(new Move(plus, done));
        next(now);
    }

    private void next(long now) {
        if (ballot != null || move != null) {
            return;
        }
        Move first = waiting.poll();
        if (first == null) {
            return;
        }
        if (!registry.self().isPrimary()) {
            first.done().accept("ERR You can use this command only with masters.");
            next(now);
            return;
        }
        move = first;
        endsMillis = now + ballotMillis();
        begin(now);
    }

    private void begin(long now) {
        Move wanted = move;
        if (wanted != null) {
            SlotSet slots = registry.owned(registry.id()).plus(wanted.plus());
            if (voter.isPromised(slots)) {
                abandon(PROMISED);
                return;
            }
            start(Ballot.Kind.MOVE, slots, now);
        }
    }

    /** Stands for the place of this node's primary, until {@code until} at most. */
    void stand(Ballot.Kind kind, SlotSet slots, long now, long until) {
        abandon("CLUSTERDOWN an election is under way");
        if (voter.isPromised(slots)) {
            return;
        }
        endsMillis = Math.min(now + ballotMillis(), until);
        start(kind, slots, now);
    }

    private void start(Ballot.Kind asked, SlotSet slots, long now) {
        registry.sawEpoch(registry.currentEpoch() + 1);
        votes.clear();
        mustAgree.clear();
        Map<String, Long> sources = new HashMap<>();
        for (String owner : registry.voters()) {
            Claim claim = registry.claim(owner);
            boolean concerned = asked.isOfSlots()
                    ? !owner.equals(registry.id())
                    : owner.equals(registry.self().primaryId());
            if (claim != null && concerned && registry.owned(owner).meets(slots)) {
                sources.put(owner, claim.configEpoch());
            }
        }
        boolean seizes = asked.isOfSlots() && sources.keySet().stream().anyMatch(this::hasFailed);
        Ballot.Kind kind = seizes ? Ballot.Kind.SEIZE : asked;
        Ballot next = new Ballot(registry.currentEpoch(), kind, slots, sources);
        if (kind.isOfSlots()) {
            sources.keySet().stream().filter(id -> !hasFailed(id)).forEach(mustAgree::add);
            if (!voter.contested(registry.id(), next, now).isEmpty()) {
                againMillis = now + 1 + random.nextInt((int) JITTER_MILLIS);
                return;
            }
            // Also where it has no slots yet: it would be a voter by this very ballot.
            voter.votesForItself(next.epoch());
        }
        ballot = next;
        if (registry.isVoter() && kind.isOfSlots()) {
            votes.add(registry.id());
        }
        sentMillis = now;
        log.info("{}: {} for {} slots in epoch {}", registry.id(), kind, slots.size(), next.epoch());
        outbox.toVoters(new Message.AskVote(next));
        count();
    }

    private boolean hasFailed(String id) {
        Known owner = registry.other(id);
        return owner == null || (owner.failed && owner.suspected);
    }

    void tick(long now) {
        Ballot running = ballot;
        if (running == null && move == null) {
            next(now);
        } else if (now >= endsMillis) {
            abandon(NO_MAJORITY);
            next(now);
        } else if (running == null) {
            if (now >= againMillis) {
                begin(now);
            }
        } else if (now - sentMillis >= RESEND_MILLIS) {
            sentMillis = now;
            for (Known other : registry.others()) {
                String id = other.claim.id();
                if (registry.voters().contains(id) && !votes.contains(id)) {
                    outbox.to(other, new Message.AskVote(running));
                }
            }
        }
    }

    void voted(String from, long epoch) {
        Ballot running = ballot;
        if (running != null && running.epoch() == epoch && registry.voters().contains(from)) {
            votes.add(from);
            count();
        }
    }

    void refused(Message.Refusal refusal, long now) {
        Ballot running = ballot;
        if (running == null || running.epoch() != refusal.epoch()) {
            return;
        }
        if (refusal.keys()) {
            abandon(HAS_KEYS);
        } else if (running.kind().isOfSlots()) {
            decided();
            againMillis = now + 1 + random.nextInt((int) JITTER_MILLIS);
        } else {
            // Others may have got some since: what is asked for is the primary's, and nothing else.
            SlotSet rest = running.slots()
                    .minus(refusal.contested())
                    .and(registry.owned(registry.self().primaryId()));
            decided();
            if (!rest.isEmpty()) {
                start(running.kind(), rest, now);
            }
        }
    }

    private void count() {
        Ballot running = ballot;
        if (running != null && votes.size() >= registry.quorum() && votes.containsAll(mustAgree)) {
            win(running);
        } else if (running != null && registry.voters().isEmpty()) {
            // Nobody owns a slot: there is nobody to ask.
            win(running);
        }
    }

    private void win(Ballot won) {
        Move asked = move;
        ballot = null;
        move = null;
        Claim self = registry.self();
        registry.self(self.holding(won.slots())
                .withEpoch(won.epoch(), true)
                .decided(won.epoch())
                .empty(false));
        log.info(
                "{}: won epoch {} with {} slots",
                registry.id(),
                won.epoch(),
                won.slots().size());
        if (asked != null) {
            asked.done().accept("");
        }
    }

    /** Whatever runs is over. */
    void abandon(String why) {
        decided();
        Move asked = move;
        move = null;
        if (asked != null) {
            asked.done().accept(why);
        }
    }

    private void decided() {
        Ballot over = ballot;
        ballot = null;
        if (over != null) {
            registry.self(registry.self().decided(over.epoch()));
        }
    }
}
