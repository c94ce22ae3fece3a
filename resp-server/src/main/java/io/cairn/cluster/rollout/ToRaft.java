package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.DataSwitch.Position;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Promise;
import io.cairn.raft.meta.Ids;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.WireReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard's gossip primary takes it to raft (SAFETY 19): promises, digests at a mark of the stream while it serves, seal, reach, commit. What is
 * equal at the mark is equal at the seal: between the two a member applies the same stream of effects, in order, by the same handlers, and
 * one whose link was down in between fails to reach the seal's history or its digest.
 */
final class ToRaft extends ShardChange {
    /** Promises are asked for so long. */
    static final long PROMISE_MILLIS = 3_000;

    private static final long ASK_MILLIS = 2_000;

    /** Digests of large data take their time; calls are served meanwhile. */
    static final long DIGEST_MILLIS = 600_000;
    /** A call waits at the seal so long, then it is told to try again. */
    static final long HOLD_MILLIS = 5_000;
    /** All members are waited for so long, */
    static final long REACH_ALL_MILLIS = 400;
    /** and a majority of them so long. */
    static final long REACH_MILLIS = 2_000;

    private static final Logger log = LoggerFactory.getLogger(ToRaft.class);

    private enum Step {
        PROMISE,
        MARK,
        DIGEST,
        SEAL,
        REACH,
        COMMIT
    }

    private final String selfId;
    private final Promise promise;
    private final String markId = Ids.random();
    private Step step = Step.PROMISE;
    private long sinceMillis = Long.MIN_VALUE;
    private Set<String> voters = Set.of();
    private Map<String, CompletableFuture<String>> promises = Map.of();
    private Map<String, CompletableFuture<byte[]>> digests = Map.of();
    private Map<String, CompletableFuture<Long>> reached = Map.of();
    private List<String> equal = List.of();
    private @Nullable CompletableFuture<Position> marked;
    private @Nullable CompletableFuture<Position> sealed;
    private long sealedMillis;

    ToRaft(Rollout.Attempt attempt, String clusterId, RolloutPorts ports, DataSwitch data, Runnable wake) {
        super(attempt, ports, data, wake);
        this.selfId = ports.selfId();
        this.promise = promise(clusterId, attempt);
    }

    static Promise promise(String clusterId, Rollout.Attempt attempt) {
        return new Promise(
                clusterId,
                attempt.number(),
                attempt.primaryId(),
                SlotRanges.set(attempt.slots()),
                attempt.configEpoch());
    }

    @Override
    String step() {
        return switch (step) {
            case PROMISE -> "promise";
            case MARK, DIGEST -> "digest";
            case SEAL, REACH -> "seal";
            case COMMIT -> "commit";
        };
    }

    @Override
    void decided(boolean committed, long now) {
        if (committed) {
            log.info(
                    "shard {}, attempt {}: committed {} ms after the seal began",
                    attempt.shardId(),
                    attempt.number(),
                    now - sealedMillis);
        }
    }

    @Override
    boolean isCommitted(Rollout rollout) {
        return rollout.raft().containsKey(attempt.shardId());
    }

    @Override
    void go(long now) {
        if (sinceMillis == Long.MIN_VALUE) {
            begin(now);
        }
        switch (step) {
            case PROMISE -> promised(now);
            case MARK -> marked(now);
            case DIGEST -> digested(now);
            case SEAL -> sealed(now);
            case REACH -> reached(now);
            case COMMIT -> {}
        }
    }

    private void next(Step next, long now) {
        step = next;
        sinceMillis = now;
    }

    private void begin(long now) {
        sinceMillis = now;
        Picture picture = ports.picture();
        if (!stillPrimary(picture) || picture == null) {
            abort("the claims of the shard have changed");
            return;
        }
        voters = Set.copyOf(picture.slots().keySet());
        Set<String> asked = new LinkedHashSet<>(attempt.members());
        asked.addAll(voters);
        Map<String, CompletableFuture<String>> all = new LinkedHashMap<>();
        byte[] question = new RolloutMessage.AskPromise(promise).bytes();
        for (String id : asked) {
            all.put(
                    id,
                    woken(
                            id.equals(selfId)
                                    ? ports.promise(promise)
                                    : ports.ask(id, question, PROMISE_MILLIS)
                                            .thenApply(bytes -> new WireReader(bytes).text())));
        }
        promises = all;
    }

    private boolean stillPrimary(@Nullable Picture picture) {
        if (picture == null) {
            return false;
        }
        Claim self = picture.self();
        return self.isPrimary()
                && self.id().equals(attempt.primaryId())
                && self.configEpoch() == attempt.configEpoch()
                && picture.slotsOf(self.id()).equals(promise.slots());
    }

    private boolean hasPromised(String id) {
        CompletableFuture<String> answer = promises.get(id);
        String text = answer == null ? null : value(answer);
        return text != null && text.isEmpty();
    }

    private void promised(long now) {
        boolean all = promises.values().stream().allMatch(CompletableFuture::isDone);
        if (!all && now - sinceMillis < PROMISE_MILLIS) {
            return;
        }
        long votes = voters.stream().filter(this::hasPromised).count();
        long members = attempt.members().stream().filter(this::hasPromised).count();
        boolean living = ports.nodes().stream()
                .filter(seen ->
                        seen.alive() && attempt.members().contains(seen.node().id()))
                .allMatch(seen -> hasPromised(seen.node().id()));
        if (votes <= voters.size() / 2 || members <= attempt.members().size() / 2 || !living || !hasPromised(selfId)) {
            abort("promises lack: " + refusals(promises, text -> text));
            return;
        }
        marked = woken(data.mark(markId));
        next(Step.MARK, now);
    }

    private static <T> String refusals(Map<String, CompletableFuture<T>> asked, Function<T, String> reason) {
        List<String> refusals = new ArrayList<>();
        asked.forEach((id, answer) -> {
            T value = value(answer);
            String why = value != null ? reason.apply(value) : answer.isDone() ? reason(answer) : "no answer in time";
            if (!why.isEmpty()) {
                refusals.add(id + " (" + why + ")");
            }
        });
        return String.join(", ", refusals);
    }

    private void marked(long now) {
        CompletableFuture<Position> mark = marked;
        if (mark != null && value(mark) != null) {
            Map<String, CompletableFuture<byte[]>> all = new LinkedHashMap<>();
            byte[] question = new RolloutMessage.AskDigest(markId).bytes();
            for (String id : attempt.members()) {
                if (hasPromised(id)) {
                    all.put(id, woken(id.equals(selfId) ? data.digestAt(markId) : ports.ask(id, question, ASK_MILLIS)));
                }
            }
            digests = all;
            next(Step.DIGEST, now);
        } else if (mark == null || mark.isDone() || now - sinceMillis > PROMISE_MILLIS) {
            abort("no mark in the stream: " + (mark == null ? "" : reason(mark)));
        }
    }

    private void digested(long now) {
        boolean late = now - sinceMillis >= DIGEST_MILLIS;
        if (!late) {
            askAgain();
        }
        boolean all = digests.values().stream().allMatch(CompletableFuture::isDone);
        if (!all && !late) {
            return;
        }
        CompletableFuture<byte[]> own = digests.get(selfId);
        byte[] mine = own == null ? null : value(own);
        List<String> same = new ArrayList<>();
        digests.forEach((id, answer) -> {
            byte[] digest = value(answer);
            if (mine != null && digest != null && Arrays.equals(mine, digest)) {
                same.add(id);
            }
        });
        equal = same;
        if (same.size() <= attempt.members().size() / 2) {
            abort("no majority has equal data: "
                    + refusals(digests, digest -> mine != null && Arrays.equals(mine, digest) ? "" : "another digest"));
            return;
        }
        Picture picture = ports.picture();
        if (!stillPrimary(picture) || picture == null) {
            abort("the claims of the shard have changed");
            return;
        }
        Set<String> present = picture.slots().keySet();
        if (present.stream().filter(this::hasPromised).count() <= present.size() / 2) {
            abort("the primaries that vote have changed");
            return;
        }
        sealedMillis = now;
        sealed = woken(data.seal(attempt.number(), HOLD_MILLIS));
        next(Step.SEAL, now);
    }

    /** Who answers with nothing is still at it. */
    private void askAgain() {
        byte[] question = new RolloutMessage.AskDigest(markId).bytes();
        digests.replaceAll((id, answer) -> {
            byte[] digest = value(answer);
            return digest != null && digest.length == 0 ? woken(ports.ask(id, question, ASK_MILLIS)) : answer;
        });
    }

    private void sealed(long now) {
        CompletableFuture<Position> seal = sealed;
        Position position = seal == null ? null : value(seal);
        if (position != null) {
            Map<String, CompletableFuture<Long>> all = new LinkedHashMap<>();
            byte[] question = new RolloutMessage.AskReach(attempt.number(), position).bytes();
            for (String id : equal) {
                all.put(
                        id,
                        woken(
                                id.equals(selfId)
                                        ? data.reach(attempt.number(), position)
                                        : ports.ask(id, question, REACH_MILLIS)
                                                .thenApply(bytes -> new WireReader(bytes).i64())));
            }
            reached = all;
            next(Step.REACH, now);
        } else if (seal == null || seal.isDone() || now - sealedMillis > REACH_MILLIS) {
            abort("the primary could not be sealed: " + (seal == null ? "" : reason(seal)));
        }
    }

    private void reached(long now) {
        boolean all = reached.values().stream().allMatch(CompletableFuture::isDone);
        long waited = now - sinceMillis;
        List<String> there = new ArrayList<>();
        long last = 0;
        for (Map.Entry<String, CompletableFuture<Long>> answer : reached.entrySet()) {
            Long index = value(answer.getValue());
            if (index != null) {
                there.add(answer.getKey());
                last = Math.max(last, index);
            }
        }
        boolean majority = there.size() > attempt.members().size() / 2 && there.contains(selfId);
        Position position = sealed == null ? null : value(sealed);
        if (position != null && majority && (all || waited >= REACH_ALL_MILLIS)) {
            commit(
                    new MetaCommand.ShardToRaft(
                            attempt.shardId(),
                            attempt.number(),
                            position.history(),
                            position.offset(),
                            there,
                            last + 1,
                            now - sealedMillis),
                    now);
            log.info(
                    "shard {}, attempt {}: {} of {} members at the seal, {} ms after it began",
                    attempt.shardId(),
                    attempt.number(),
                    there.size(),
                    attempt.members().size(),
                    now - sealedMillis);
            next(Step.COMMIT, now);
        } else if (all || waited >= REACH_MILLIS) {
            abort("no majority is at the seal: " + refusals(reached, index -> ""));
        }
    }
}
