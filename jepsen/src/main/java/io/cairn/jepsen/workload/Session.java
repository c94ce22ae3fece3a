package io.cairn.jepsen.workload;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Talk;
import io.cairn.jepsen.resp.Transaction;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One client of a run: its connections, its randomness, its place in the history. One thread only. */
public final class Session implements AutoCloseable {
    /** After anything but an answer the client rests for at least this long and for at most twice as long. */
    static final int REST_MILLIS = 4;

    private final ClusterClient cluster;
    private final SplittableRandom random;
    private final Recorder recorder;
    private final Map<Address, String> names = new HashMap<>();
    private int client;
    private int missed;
    private long deadlineNanos = System.nanoTime() + TimeUnit.DAYS.toNanos(1);

    /** What the history says was answered. */
    @FunctionalInterface
    public interface Answer {
        /**
         * @throws RuntimeException when no server may answer so; the operation's outcome is unknown then
         */
        @Nullable
        Object of(Reply reply);
    }

    public Session(ClusterClient cluster, SplittableRandom random, Recorder recorder) {
        this.cluster = cluster;
        this.random = random;
        this.recorder = recorder;
        client = recorder.newClient();
    }

    public ClusterClient cluster() {
        return cluster;
    }

    public SplittableRandom random() {
        return random;
    }

    public Recorder recorder() {
        return recorder;
    }

    /** The number under which its next operation is recorded. */
    public int client() {
        return client;
    }

    /** After an operation of unknown outcome the client goes on as another: its old self may still be at work. */
    public void renew() {
        client = recorder.newClient();
    }

    /** One operation at the slot's primary, from its call to its place in the history. */
    Outcome run(String f, String key, int slot, @Nullable Object in, Talk talk, Answer answer) {
        long call = recorder.now();
        return record(f, key, in, call, cluster.talk(slot, talk), answer, "");
    }

    /** One operation that only reads, at a replica when one is known and {@code replica} says so. */
    Outcome read(boolean replica, String f, String key, int slot, @Nullable Object in, Talk talk, Answer answer) {
        if (!replica) {
            return run(f, key, slot, in, talk, answer);
        }
        cluster.refreshHolders();
        long call = recorder.now();
        Attempt attempt = cluster.talkToReplica(slot, random, talk);
        return record(f, key, in, call, attempt, answer, cluster.askedReplica() ? Operation.AT_REPLICA : "");
    }

    /** Takes down what became of an operation; rests after a refusal, and is another client after an unknown outcome. */
    Outcome record(
            String f, String key, @Nullable Object in, long call, Attempt attempt, Answer answer, String nodeSuffix) {
        long ret = recorder.now();
        Address asked = cluster.asked();
        String node = asked == null ? null : names.computeIfAbsent(asked, Address::toString) + nodeSuffix;
        if (attempt instanceof Attempt.Acknowledged done) {
            Object out;
            try {
                out = answer.of(done.reply());
            } catch (RuntimeException e) {
                return unknown(
                        f,
                        key,
                        in,
                        call,
                        ret,
                        node,
                        "no answer to this: " + done.reply().text());
            }
            recorder.add(new Operation(client, f, key, in, out, call, ret, Outcome.OK, node, null));
            return Outcome.OK;
        }
        if (attempt instanceof Attempt.Refused refused) {
            recorder.add(new Operation(client, f, key, in, null, call, ret, Outcome.FAIL, node, refused.reason()));
            if (!refused.reason().equals(Transaction.ABORTED)) {
                rest();
            }
            return Outcome.FAIL;
        }
        return unknown(f, key, in, call, ret, node, ((Attempt.Unknown) attempt).reason());
    }

    /** Takes down an operation that surely did nothing, for a reason of the workload's own. */
    void failed(String f, String key, @Nullable Object in, long call, String reason) {
        Address asked = cluster.asked();
        String node = asked == null ? null : names.computeIfAbsent(asked, Address::toString);
        recorder.add(new Operation(client, f, key, in, null, call, recorder.now(), Outcome.FAIL, node, reason));
    }

    /** Until when opening and last reads are tried, as {@link System#nanoTime} counts. */
    void deadline(long nanos) {
        deadlineNanos = nanos;
    }

    /** Whether opening and last reads may be tried still. */
    boolean timeLeft() {
        return System.nanoTime() - deadlineNanos < 0 && !Thread.currentThread().isInterrupted();
    }

    /** Something was not read in time. */
    void missed() {
        missed++;
    }

    /** How much was not read in time. */
    int missedReads() {
        return missed;
    }

    @Override
    public void close() {
        cluster.close();
    }

    private Outcome unknown(
            String f, String key, @Nullable Object in, long call, long ret, @Nullable String node, String why) {
        recorder.add(new Operation(client, f, key, in, null, call, ret, Outcome.INFO, node, why));
        renew();
        rest();
        return Outcome.INFO;
    }

    private void rest() {
        int millis = REST_MILLIS + random.nextInt(REST_MILLIS + 1);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
