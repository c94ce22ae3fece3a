package io.cairn.gossip.claims;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives this node's vote: one per epoch, and one per failed primary within two node timeouts; never for a ballot that knows less of a
 * slot's owner than this node does. Redis: clusterSendFailoverAuthIfNeeded. What is more than Redis's:
 *
 * <ul>
 *   <li>Slots that move from one living primary to another are voted on, too. Every change of an owner thus passes through a majority,
 *       and any two majorities share a voter: whoever comes second either knows of the first, or is refused. Redis raises the epoch of a
 *       move alone, and a tie with an election is decided by node ids: acknowledged writes are lost (DESIGN 11).
 *   <li>A voter that has heard of the primary within the node timeout does not vote for its replica. The primary in turn takes writes
 *       only while a majority has heard of it within that time ({@link Failures#leaseUntil}), so the two never do so together.
 *   <li>The owner that slots are taken from by a move votes as well, and refuses while it has keys in them.
 * </ul>
 */
final class Voter {
    private static final Logger log = LoggerFactory.getLogger(Voter.class);
    /** Votes with an outcome not known yet; more are refused. */
    static final int MAX_GRANTS = 64;

    private static final int SAME_PRIMARY_TIMEOUTS = 2;

    private final Registry registry;
    private final ClaimSettings settings;
    private final ClaimPorts ports;
    private final Outbox outbox;
    private final OpenSlotTable open;
    private final Promises promises;
    private final List<Grant> grants = new ArrayList<>();
    /** Slots that were opened for a candidate by this node's vote alone; closed again if it does not get them. */
    private final Map<String, SlotSet> released = new HashMap<>();

    private long lastVoteEpoch;
    private String lastVotedFor = "";
    private long now;

    Voter(
            Registry registry,
            ClaimSettings settings,
            ClaimPorts ports,
            Outbox outbox,
            OpenSlotTable open,
            Promises promises) {
        this.registry = registry;
        this.settings = settings;
        this.ports = ports;
        this.outbox = outbox;
        this.open = open;
        this.promises = promises;
    }

    void restore(Saved saved) {
        lastVoteEpoch = saved.lastVoteEpoch();
        lastVotedFor = saved.lastVotedFor();
        grants.addAll(saved.grants());
    }

    void forgetAll() {
        grants.clear();
        released.clear();
    }

    void resetEpoch() {
        lastVoteEpoch = 0;
        lastVotedFor = "";
    }

    long lastVoteEpoch() {
        return lastVoteEpoch;
    }

    String lastVotedFor() {
        return lastVotedFor;
    }

    List<Grant> grants() {
        return List.copyOf(grants);
    }

    /** This node stands itself, or declares itself without a vote: no other gets its vote in this epoch. */
    void votesForItself(long epoch) {
        lastVoteEpoch = Math.max(lastVoteEpoch, epoch);
        lastVotedFor = registry.id();
        registry.changed();
    }

    /** Slots of the ballot that are promised to others than {@code candidate}. */
    SlotSet contested(String candidate, Ballot ballot, long time) {
        now = time;
        settle();
        BitSet contested = new BitSet();
        for (Grant grant : grants) {
            if (!grant.candidate().equals(candidate) && holds(grant, ballot.kind())) {
                SlotSet taken = grant.ballot().slots().minus(registry.owned(grant.candidate()));
                contested.or(taken.and(ballot.slots()).bits());
            }
        }
        return SlotSet.of(contested);
    }

    /** Whether what was granted may still come to be, or has. */
    private boolean holds(Grant grant, Ballot.Kind against) {
        Known candidate = registry.other(grant.candidate());
        boolean gone = candidate == null || candidate.silentMillis(now) >= settings.nodeTimeoutMillis();
        if (grant.ballot().kind().isOfSlots()) {
            // It may have won and be cut off, with keys that nobody else has: only another move, by an operator's word,
            // goes over it.
            return !(gone && against.isOfSlots());
        }
        return !gone && against != Ballot.Kind.MANUAL;
    }

    /** The candidate that this owner has let have a slot, and that may still win it; null for none. */
    @Nullable
    String promisedTo(int slot) {
        settle();
        if (!registry.id().equals(registry.owner(slot))) {
            return null;
        }
        return grants.stream()
                .filter(grant -> grant.ballot().kind().isOfSlots()
                        && grant.ballot().slots().has(slot))
                .map(Grant::candidate)
                .findFirst()
                .orElse(null);
    }

    /** Whether this node lets a primary take writes: it has given its place to nobody, and knows of nobody who has it. */
    boolean supports(Claim primary) {
        if (!registry.owned(primary.id()).equals(primary.slots())) {
            return false;
        }
        settle();
        return grants.stream().noneMatch(grant -> displaces(grant, primary));
    }

    /** Whether what was granted ends that primary's time, should it come to be. */
    private static boolean displaces(Grant grant, Claim primary) {
        Ballot ballot = grant.ballot();
        boolean outdated = primary.voted() && primary.configEpoch() > ballot.epoch();
        return ballot.kind() != Ballot.Kind.MOVE
                && !grant.candidate().equals(primary.id())
                && !outdated
                && (ballot.sources().containsKey(primary.id()) || ballot.slots().meets(primary.slots()));
    }

    /** Nothing is voted for in this epoch or one before it: this node may have, and not know it. */
    void abstains(long epoch) {
        if (epoch > lastVoteEpoch) {
            lastVoteEpoch = epoch;
            lastVotedFor = "";
            registry.changed();
        }
    }

    /** Whether these slots are to stay where they are, whoever asks. */
    boolean isPromised(SlotSet slots) {
        return promises.bind(slots);
    }

    /** Slots of votes that were given and may still count. */
    SlotSet granted() {
        settle();
        BitSet slots = new BitSet();
        for (Grant grant : grants) {
            slots.or(grant.ballot().slots().bits());
        }
        return SlotSet.of(slots);
    }

    private void settle() {
        boolean over = grants.removeIf(grant -> {
            String id = grant.candidate();
            Claim claim = registry.claim(grant.candidate());
            long epoch = grant.ballot().epoch();
            boolean won = claim != null && claim.configEpoch() >= epoch;
            boolean ended = claim == null || won || claim.decidedEpoch() >= epoch;
            SlotSet opened = ended ? released.remove(id) : null;
            if (opened != null && !won) {
                Map<Integer, String> now = open.migrating();
                opened.bits().stream().filter(slot -> id.equals(now.get(slot))).forEach(open::close);
            }
            return ended;
        });
        if (over) {
            registry.heard();
        }
    }

    /**
     * Answers a candidate, or does not: it asks again.
     *
     * @param running a ballot of this node itself, null for none
     */
    void asked(Known candidate, Ballot ballot, @Nullable Ballot running, long time) {
        now = time;
        if (!registry.isVoter()) {
            return;
        }
        String id = candidate.claim.id();
        if (ballot.epoch() == lastVoteEpoch && id.equals(lastVotedFor) && wasGranted(id, ballot)) {
            outbox.to(candidate, new Message.Vote(ballot.epoch()));
            return;
        }
        Consumer<Message.Refusal> refuse = refusal -> outbox.to(candidate, refusal);
        if (ballot.epoch() < registry.currentEpoch() || ballot.epoch() <= lastVoteEpoch) {
            refuse.accept(new Message.Refusal(ballot.epoch(), SlotSet.NONE, false));
            return;
        }
        if (isPromised(ballot.slots())) {
            // It asks again until the attempt is over, or its own time.
            return;
        }
        if (!mayStand(candidate, ballot) || !knowsOwners(candidate, ballot)) {
            return;
        }
        SlotSet contested = contested(id, ballot, time);
        boolean duel =
                running != null && running.kind().isOfSlots() && running.slots().meets(ballot.slots());
        if (!contested.isEmpty() || duel || grants.size() >= MAX_GRANTS) {
            refuse.accept(new Message.Refusal(ballot.epoch(), contested, false));
            return;
        }
        SlotSet given = registry.owned(registry.id()).and(ballot.slots());
        if (ballot.kind().isOfSlots() && !given.isEmpty()) {
            boolean[] unknown = {false};
            if (!release(given, id, unknown)) {
                if (!unknown[0]) {
                    refuse.accept(new Message.Refusal(ballot.epoch(), SlotSet.NONE, true));
                }
                return;
            }
        }
        grant(candidate, ballot);
    }

    private boolean wasGranted(String id, Ballot ballot) {
        return grants.stream()
                .anyMatch(
                        grant -> grant.candidate().equals(id) && grant.ballot().equals(ballot));
    }

    /** From here on clients are sent to the new owner for every key that is not here; false, and all is as before, if there is one. */
    private boolean release(SlotSet slots, String to, boolean[] unknown) {
        Map<Integer, String> before = open.migrating();
        slots.bits().stream().forEach(slot -> open.migrate(slot, to));
        ports.migrating(open.migrating());
        for (int[] run : slots.runs()) {
            for (int slot = run[0]; slot <= run[1]; slot++) {
                int keys = ports.keys(slot);
                if (keys != 0) {
                    unknown[0] = keys < 0;
                    open.migrating(before);
                    ports.migrating(before);
                    return false;
                }
            }
        }
        BitSet opened = slots.bits();
        before.keySet().forEach(opened::clear);
        released.merge(to, SlotSet.of(opened), SlotSet::plus);
        return true;
    }

    private boolean mayStand(Known candidate, Ballot ballot) {
        if (ballot.kind() == Ballot.Kind.MOVE) {
            return candidate.claim.isPrimary();
        }
        if (ballot.kind() == Ballot.Kind.SEIZE) {
            return candidate.claim.isPrimary()
                    && ballot.sources().keySet().stream().allMatch(this::isLost);
        }
        String primaryId = candidate.claim.primaryId();
        if (!ballot.sources().keySet().equals(Set.of(primaryId))) {
            return false;
        }
        if (primaryId.equals(registry.id())) {
            return ballot.kind() == Ballot.Kind.MANUAL || registry.self().empty();
        }
        Known primary = registry.other(primaryId);
        if (primary == null) {
            return false;
        }
        if (ballot.kind() == Ballot.Kind.MANUAL || primary.claim.empty()) {
            return true;
        }
        long timeout = settings.nodeTimeoutMillis();
        boolean another = !primary.votedFor.equals(candidate.claim.id())
                && primary.votedMillis != Long.MIN_VALUE
                && now - primary.votedMillis < SAME_PRIMARY_TIMEOUTS * timeout;
        return isLost(primaryId) && !another;
    }

    /** Whether an owner has failed and this node's own promises to it are over; its own word is asked of this node itself. */
    private boolean isLost(String owner) {
        Known known = registry.other(owner);
        return owner.equals(registry.id())
                || (known != null
                        && known.failed
                        && known.silentMillis(now) >= settings.nodeTimeoutMillis()
                        && now >= known.promisedUntil);
    }

    /** False when this node knows of a newer owner of one of the slots, of whom it tells the candidate. */
    private boolean knowsOwners(Known candidate, Ballot ballot) {
        List<Claim> newer = new ArrayList<>();
        for (String owner : registry.voters()) {
            Claim claim = registry.claim(owner);
            Long known = ballot.sources().get(owner);
            boolean itself = owner.equals(candidate.claim.id());
            if (claim != null && !itself && registry.owned(owner).meets(ballot.slots())) {
                if (known == null || known < claim.configEpoch()) {
                    newer.add(claim);
                }
            }
        }
        for (int from = 0; from < newer.size(); from += MessageCodec.MAX_CLAIMS) {
            int to = Math.min(newer.size(), from + MessageCodec.MAX_CLAIMS);
            outbox.to(candidate, new Message.News(newer.subList(from, to), List.of()));
        }
        return newer.isEmpty();
    }

    private void grant(Known candidate, Ballot ballot) {
        String id = candidate.claim.id();
        lastVoteEpoch = ballot.epoch();
        lastVotedFor = id;
        grants.removeIf(grant -> grant.candidate().equals(id));
        grants.add(new Grant(id, ballot));
        Known primary = registry.other(candidate.claim.primaryId());
        if (primary != null) {
            primary.votedMillis = now;
            primary.votedFor = id;
        }
        registry.changed();
        log.info("{}: vote for {} in epoch {} ({})", registry.id(), id, ballot.epoch(), ballot.kind());
        outbox.to(candidate, new Message.Vote(ballot.epoch()));
    }
}
