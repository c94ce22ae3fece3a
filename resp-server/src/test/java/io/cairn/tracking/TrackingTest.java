package io.cairn.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.ClientTracking;
import io.cairn.command.TrackingOptions;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.pubsub.Name;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table of tracked keys. Redis: tracking.tcl. */
class TrackingTest {
    private final Tracking tracking = new Tracking(1 << 20);

    /** What a connection was told: names of keys, "*" for all, with "!" before what it changed itself. */
    private final class Told implements Tracker.Outlet {
        final List<String> messages = new ArrayList<>();
        final Tracker tracker = tracking.tracker(this);

        Told on(String... flags) {
            List<String> all = List.of(flags);
            tracker.on(new TrackingOptions(
                    all.contains("bcast"),
                    false,
                    false,
                    all.contains("noloop"),
                    0,
                    all.stream()
                            .filter(flag -> flag.endsWith(":"))
                            .map(TrackingTest::bytes)
                            .toList()));
            return this;
        }

        void reads(String... keys) {
            for (String key : keys) {
                tracking.remember(tracker, new Name(bytes(key)));
            }
        }

        @Override
        public synchronized void invalidate(TrackingOptions options, byte @Nullable [] keys, boolean own) {
            String text = keys == null
                    ? "*"
                    : new String(keys, StandardCharsets.ISO_8859_1)
                            .replaceAll("[*$]\\d+\r\n", "")
                            .trim()
                            .replace("\r\n", " ");
            messages.add((own ? "!" : "") + text);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void changes(String... keys) {
        Arrays.stream(keys).forEach(key -> event('$', key));
    }

    private void event(char type, String key) {
        NativeBlock block = NativeBlock.allocate(key.length());
        try {
            Memory.copy(bytes(key), 0, block.address(), key.length());
            tracking.event(0, type, "set", block.address(), key.length());
        } finally {
            block.release();
        }
    }

    private static ClientTracking.Counts counts(long clients, long items, long keys, long prefixes) {
        return new ClientTracking.Counts(clients, items, keys, prefixes);
    }

    @Test
    void whoHasReadAKeyIsToldOfItsNextChangeAlone() {
        Told one = new Told().on();
        Told other = new Told().on();
        one.reads("a", "b");
        other.reads("a");
        assertThat(tracking.counts()).isEqualTo(counts(2, 3, 2, 0));
        changes("a", "a", "c");
        assertThat(one.messages).containsExactly("a");
        assertThat(other.messages).containsExactly("a");
        event('m', "b");
        event('n', "b");
        assertThat(one.messages).containsExactly("a");
        event('x', "b");
        assertThat(one.messages).containsExactly("a", "b");
        assertThat(tracking.counts()).isEqualTo(counts(2, 0, 0, 0));
    }

    @Test
    void aCallsOwnChangesAreMarkedAndKeptFromNoLoop() {
        Told own = new Told().on();
        Told quiet = new Told().on("noloop");
        own.reads("a", "b");
        quiet.reads("a", "b");
        tracking.begin(own.tracker);
        changes("a");
        assertThat(own.messages).isEmpty();
        tracking.end();
        assertThat(own.messages).containsExactly("!a");
        assertThat(quiet.messages).containsExactly("a");
        tracking.begin(quiet.tracker);
        changes("b");
        tracking.end();
        assertThat(own.messages).containsExactly("!a", "b");
        assertThat(quiet.messages).containsExactly("a");
    }

    @Test
    void prefixesGetOneMessageForACall() {
        Told all = new Told().on("bcast");
        Told some = new Told().on("bcast", "a:", "b:");
        Told quiet = new Told().on("bcast", "noloop");
        tracking.begin(quiet.tracker);
        changes("a:1", "b:1", "a:2", "a:1", "c:1");
        event('x', "a:3");
        tracking.end();
        assertThat(all.messages).containsExactly("a:1 b:1 a:2 c:1 a:3");
        assertThat(some.messages).containsExactlyInAnyOrder("a:1 a:2 a:3", "b:1");
        assertThat(quiet.messages).containsExactly("!a:3");
        assertThat(tracking.counts()).isEqualTo(counts(3, 0, 0, 3));
        some.tracker.off();
        assertThat(tracking.counts().prefixes()).isEqualTo(1);
    }

    @Test
    void aFlushIsToldToAllOnce() {
        Told reader = new Told().on();
        Told prefix = new Told().on("bcast", "a:");
        reader.reads("a", "b");
        tracking.everything();
        assertThat(reader.messages).containsExactly("*");
        assertThat(prefix.messages).containsExactly("*");
        assertThat(tracking.counts().keys()).isZero();
    }

    @Test
    void keysOfSlotsThatLeftAreTold() {
        Told reader = new Told().on();
        reader.reads("{a}1", "{a}2", "{b}1");
        int gone = io.cairn.keyspace.Slots.of(bytes("{a}"));
        tracking.slotsChanged(slot -> slot != gone);
        assertThat(reader.messages).containsExactlyInAnyOrder("{a}1", "{a}2");
        assertThat(tracking.counts().keys()).isEqualTo(1);
    }

    @Test
    void theTableIsBoundedByKeysAndByBytes() {
        Told reader = new Told().on();
        tracking.maxKeys(2);
        reader.reads("a", "b", "c", "d");
        tracking.maxKeys(2);
        assertThat(tracking.counts().keys()).isEqualTo(2);
        assertThat(reader.messages).hasSize(2);
        tracking.maxKeys(0);
        for (int i = 0; i < 100; i++) {
            reader.reads("x".repeat(100_000) + i);
            tracking.maxKeys(0);
        }
        assertThat(tracking.counts().keys()).isLessThan(15);
    }

    /** A connection that is gone is told nothing, and who is the last forgets all keys. */
    @Test
    void nothingIsKeptWhenNobodyTracks() {
        Told reader = new Told().on();
        reader.reads("a");
        reader.tracker.close();
        changes("a");
        tracking.everything();
        assertThat(reader.messages).isEmpty();
        assertThat(tracking.any()).isFalse();
        assertThat(tracking.counts()).isEqualTo(counts(0, 0, 0, 0));
    }

    /**
     * A reader that remembers a key under the lock of its stripe before it reads it has the value of that moment, or is told: at the end nobody holds an old value that
     * it was not told of.
     */
    @Test
    void noChangeComesUnseenBetweenAReadAndItsRemembering() throws Exception {
        ReentrantLock stripe = new ReentrantLock();
        AtomicInteger value = new AtomicInteger();
        AtomicInteger cached = new AtomicInteger(-1);
        Tracker reader = tracking.tracker((options, keys, own) -> cached.set(-1));
        reader.on(new TrackingOptions(false, false, false, false, 0, List.of()));
        AtomicBoolean stop = new AtomicBoolean();
        Thread reading = new Thread(() -> {
            while (!stop.get()) {
                stripe.lock();
                try {
                    tracking.remember(reader, new Name(bytes("k")));
                    cached.set(value.get());
                } finally {
                    stripe.unlock();
                }
            }
        });
        reading.start();
        try {
            for (int i = 1; i <= 20_000; i++) {
                stripe.lock();
                try {
                    value.set(i);
                    changes("k");
                    assertThat(cached.get()).isEqualTo(-1);
                } finally {
                    stripe.unlock();
                }
            }
        } finally {
            stop.set(true);
            reading.join();
        }
        assertThat(cached.get()).isIn(-1, 20_000);
    }
}
