package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Reads at one node whatever its role, follows no redirect, and does not wait for an answer before it asks again. While
 * a node is stopped its questions pile up in the socket, each with what was proven when it was asked, so that a deposed
 * primary that wakes up and answers before it notices is caught.
 */
final class DirectReader implements Runnable {
    /** Questions in flight; more than a stopped node gathers in 10 s at one each 10 ms. */
    private static final int IN_FLIGHT = 1_000;

    private static final Timeouts TIMEOUTS = new Timeouts(500, 15_000);

    private final Address node;
    private final List<TrackedKey> keys;
    private final SplittableRandom random;
    private final long pauseNanos;
    private final BooleanSupplier running;
    private final Violations violations;
    private final AtomicLong reads;

    private record Question(TrackedKey key, TrackedKey.Floor floor) {}

    DirectReader(
            Address node,
            List<TrackedKey> keys,
            SplittableRandom random,
            long pauseMicros,
            BooleanSupplier running,
            Violations violations,
            AtomicLong reads) {
        this.node = node;
        this.keys = keys;
        this.random = random;
        pauseNanos = TimeUnit.MICROSECONDS.toNanos(pauseMicros);
        this.running = running;
        this.violations = violations;
        this.reads = reads;
    }

    @Override
    public void run() {
        while (running.getAsBoolean()) {
            try (RawClient client = RawClient.connect(node, TIMEOUTS)) {
                askUntilLost(client);
            } catch (NotSentException | InterruptedException e) {
                // The node is down, which is the nemesis's doing; ask again a little later.
                LockSupport.parkNanos(10 * pauseNanos);
            }
        }
    }

    private void askUntilLost(RawClient client) throws InterruptedException {
        BlockingQueue<Question> questions = new ArrayBlockingQueue<>(IN_FLIGHT);
        Thread answers = new Thread(() -> compare(client, questions), "direct-answers-" + node);
        answers.start();
        try {
            while (running.getAsBoolean() && answers.isAlive()) {
                TrackedKey key = keys.get(random.nextInt(keys.size()));
                if (questions.offer(new Question(key, key.floor()))) {
                    client.send(key.read());
                    client.flush();
                }
                LockSupport.parkNanos(pauseNanos);
            }
        } catch (OutcomeUnknownException e) {
            // A read that was cut off has no outcome to judge.
            answers.interrupt();
        }
        client.close();
        answers.join();
    }

    private void compare(RawClient client, BlockingQueue<Question> questions) {
        try {
            while (running.getAsBoolean()) {
                Question question = questions.poll(100, TimeUnit.MILLISECONDS);
                if (question == null) {
                    continue;
                }
                Reply reply = client.receive();
                if (!reply.failed()) {
                    judge(question, reply);
                    reads.incrementAndGet();
                }
            }
        } catch (OutcomeUnknownException | InterruptedException e) {
            // The connection is gone; so are the answers to what was in flight.
            client.close();
        }
    }

    private void judge(Question question, Reply reply) {
        try {
            question.key().read("node " + node, question.floor(), reply, violations);
        } catch (RuntimeException e) {
            violations.add("node " + node + " gave an answer that no server may give: " + reply.text());
        }
    }
}
