package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Clients whose writes prove an order. In step {@code n} client {@code i} waits for each answer of: SET its key {@code n}
 * to the steps that all clients had finished just before, with an expiry that follows from {@code n}; DEL its key of
 * {@value #KEPT} steps ago; SET its {@code last} key to {@code n}. Whatever snapshot holds {@code last = n} must
 * therefore hold the keys of the steps before {@code n} that are not deleted, no other ones but that of step {@code
 * n + 1}, and of every other client at least the step that these keys say it had finished.
 */
final class CausalWriters {
    private static final int KEPT = 100;
    /** 2100-01-01; expiries count up from here. */
    private static final long FAR_MILLIS = 4_102_444_800_000L;

    private final int writers;
    private final AtomicLongArray finished;
    private final List<Thread> threads = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private volatile boolean running = true;

    CausalWriters(StandaloneServer server, int writers) {
        this.writers = writers;
        finished = new AtomicLongArray(writers);
        for (int i = 0; i < writers; i++) {
            int writer = i;
            Thread thread = new Thread(() -> write(server, writer), "causal-" + i);
            threads.add(thread);
            thread.start();
        }
    }

    /** How far the slowest writer has come. */
    long slowest() {
        long slowest = Long.MAX_VALUE;
        for (int i = 0; i < writers; i++) {
            slowest = Math.min(slowest, finished.get(i));
        }
        return slowest;
    }

    void stop() throws InterruptedException {
        running = false;
        for (Thread thread : threads) {
            thread.join();
        }
        synchronized (failures) {
            assertThat(failures).isEmpty();
        }
    }

    /** Checks that a server that loaded the snapshot holds a moment that has been. */
    void check(StandaloneServer server) throws NotSentException, OutcomeUnknownException {
        try (RawClient client = server.connect()) {
            long[] last = new long[writers];
            for (int i = 0; i < writers; i++) {
                last[i] = client.call("GET", "last:" + i).number();
                assertThat(last[i]).isPositive().isLessThanOrEqualTo(finished.get(i));
            }
            for (int i = 0; i < writers; i++) {
                long deleted = last[i] - KEPT;
                checkGone(client, i, deleted);
                for (long n = Math.max(1, deleted + 2); n <= last[i]; n++) {
                    checkStep(client, i, n, last);
                }
                assertThat(client.call("GET", key(i, last[i] + 2))).isEqualTo(new Reply.Nil());
            }
            System.out.printf(
                    "snapshot holds the steps %s, written to %s%n", java.util.Arrays.toString(last), finished);
        }
    }

    private static void checkGone(RawClient client, int writer, long deleted) throws OutcomeUnknownException {
        for (long n = Math.max(1, deleted - 20); n <= deleted; n++) {
            assertThat(client.call("GET", key(writer, n)))
                    .as("%s was deleted before", key(writer, n))
                    .isEqualTo(new Reply.Nil());
        }
    }

    private static void checkStep(RawClient client, int writer, long step, long[] last) throws OutcomeUnknownException {
        Reply value = client.call("GET", key(writer, step));
        assertThat(value).as(key(writer, step)).isInstanceOf(Reply.Bulk.class);
        String[] seen = value.text().split(",");
        for (int other = 0; other < last.length; other++) {
            assertThat(last[other])
                    .as("client %d in a snapshot that holds %s", other, key(writer, step))
                    .isGreaterThanOrEqualTo(Long.parseLong(seen[other]));
        }
        assertThat(client.call("PEXPIRETIME", key(writer, step)).number()).isEqualTo(expiry(step));
    }

    private void write(StandaloneServer server, int writer) {
        try (RawClient client = server.connect()) {
            for (long n = 1; running; n++) {
                StringBuilder seen = new StringBuilder();
                for (int i = 0; i < writers; i++) {
                    seen.append(finished.get(i)).append(',');
                }
                String[] set = expiry(n) < 0
                        ? new String[] {"SET", key(writer, n), seen.toString()}
                        : new String[] {"SET", key(writer, n), seen.toString(), "PXAT", Long.toString(expiry(n))};
                expect(client.call(set), "OK");
                if (n > KEPT) {
                    expect(client.call("DEL", key(writer, n - KEPT)), "1");
                }
                expect(client.call("SET", "last:" + writer, Long.toString(n)), "OK");
                finished.set(writer, n);
            }
        } catch (NotSentException | OutcomeUnknownException | IllegalStateException e) {
            synchronized (failures) {
                failures.add(e);
            }
        }
    }

    private static void expect(Reply reply, String text) {
        if (!reply.text().equals(text)) {
            throw new IllegalStateException("wanted " + text + ", got " + reply.text());
        }
    }

    private static String key(int writer, long step) {
        return "step:" + writer + ":" + step;
    }

    /** Every third key expires, one millisecond later each; -1, as PEXPIRETIME says it, for the others. */
    private static long expiry(long step) {
        return step % 3 == 0 ? FAR_MILLIS + step : -1;
    }
}
