package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Effects.Effect;
import io.cairn.command.FollowerLink;
import io.cairn.command.FollowerTraits;
import io.cairn.command.Followers.Request;
import io.cairn.config.Config;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What followers get when histories change, and when one of them is slow. */
class ChangeStreamTest {
    private static final String A = "a".repeat(40);
    private static final String B = "b".repeat(40);
    private static final int PASSING = 1;
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final Effect SET =
            new Effect(0, List.of(ChangeStream.ascii("SET"), ChangeStream.ascii("k"), ChangeStream.ascii("v")));

    @TempDir
    private Path directory;

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    private int ids;
    private ChangeStream stream;

    @BeforeEach
    void open() throws Exception {
        stream = stream();
    }

    private ChangeStream stream(String... options) throws Exception {
        return new ChangeStream(keyspace, directory, () -> String.format("%040d", ++ids), Config.of(options));
    }

    @AfterEach
    void close() {
        keyspace.close();
    }

    /** A connection whose closing takes long, as that of another event loop may. */
    private static final class Link implements FollowerLink {
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private volatile long unsent;
        private volatile long queued;
        private volatile boolean closing;

        synchronized String sent() {
            return sent.toString(StandardCharsets.ISO_8859_1);
        }

        @Override
        public synchronized void send(byte[] bytes) {
            sent.writeBytes(bytes);
        }

        @Override
        public long unsentBytes() {
            return unsent;
        }

        @Override
        public long queuedBytes() {
            return queued;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public long acknowledged() {
            return 0;
        }

        @Override
        public long durable() {
            return 0;
        }

        @Override
        public long lastHeardMillis() {
            return System.currentTimeMillis();
        }

        @Override
        public void heard(long nowMillis) {}

        @Override
        public String host() {
            return "127.0.0.1";
        }

        @Override
        public int port() {
            return 1;
        }

        @Override
        public void gathers(boolean on) {}

        @Override
        public void close() {
            closing = true;
        }

        @Override
        public void onClose(Runnable action) {}

        @Override
        public void onAcknowledge(Runnable action) {}
    }

    private static void eventually(String what, BooleanSupplier holds) {
        long end = System.nanoTime() + WAIT_NANOS;
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void passing(String id, long offset) {
        stream.beginPassing(PASSING);
        stream.adopt(id, offset, 0);
        stream.cutOff(PASSING, false);
    }

    private void pass(String text) {
        byte[] bytes = ChangeStream.ascii(text);
        NativeBlock block = NativeBlock.allocate(bytes.length);
        io.cairn.keyspace.Memory.copy(bytes, 0, block.address(), bytes.length);
        stream.pass(PASSING, block.address(), bytes.length, 0);
        block.release();
    }

    private Link goesOn(String id, long position) {
        Link link = new Link();
        stream.follow(link, new Request(id, position, FollowerTraits.NONE));
        assertThat(link.sent()).startsWith("+CONTINUE");
        return link;
    }

    @Test
    void whoHasOldDataGetsNothingThatComesBehindTheNew() {
        passing(A, 100);
        Link link = goesOn(A, 101);
        pass("of the old history");
        stream.adopt(B, 1_000, 0);
        pass("of the new history");
        assertThat(link.closing).isTrue();
        assertThat(link.sent()).endsWith("of the old history");
    }

    @Test
    void whoFollowedAReplicaCanGoOnWhenThatLeads() {
        passing(A, 100);
        Link link = goesOn(A, 101);
        stream.endPassing();
        String before = link.sent();
        stream.send(List.of(SET));
        assertThat(link.closing).isTrue();
        assertThat(link.sent()).as("it would be ahead of the history it knows").isEqualTo(before);
        assertThat(goesOn(A, 101).sent()).contains("SET");
    }

    @Test
    void anotherNameOfTheHistoryIsToldByNewConnectionsOnly() {
        passing(A, 100);
        Link link = goesOn(A, 101);
        assertThat(stream.continueAs(PASSING, stream.place(), B)).isTrue();
        pass("more");
        assertThat(link.sent()).doesNotContain("more");
        assertThat(goesOn(A, 101).sent()).endsWith("more");
    }

    @Test
    void nothingGoesOnWithDataThatWasReplacedWhileThePrimaryWasAsked() {
        passing(A, 100);
        ChangeStream.Position asked = stream.place();
        stream.breakOff("the data was loaded anew");
        assertThat(stream.continueAs(PASSING, asked, A)).isFalse();
        assertThat(stream.place().id()).isNotEqualTo(A);
    }

    @Test
    void oneThatTakesItsFileSlowlyHoldsUpNobody() throws Exception {
        stream = stream("--repl-diskless-sync", "no");
        Link slow = new Link();
        slow.unsent = 1L << 30;
        stream.follow(slow, new Request("?", -1, FollowerTraits.NONE));
        eventually("the slow one is being sent the data", () -> slow.sent().contains("\r\n$"));
        Link fast = new Link();
        stream.follow(fast, new Request("?", -1, FollowerTraits.NONE));
        eventually("the fast one has all of it", () -> fast.sent().contains("REDIS0"));
        stream.send(List.of(SET));
        eventually("and gets changes", () -> fast.sent().endsWith("SET\r\n$1\r\nk\r\n$1\r\nv\r\n"));
        assertThat(slow.sent()).doesNotContain("REDIS0");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).as("a file that somebody reads has no name").isEmpty();
        }
        slow.unsent = 0;
        eventually("the slow one gets the rest", () -> slow.sent().endsWith("SET\r\n$1\r\nk\r\n$1\r\nv\r\n"));
    }

    @Test
    void signsOfLifeDoNotComeBetweenTheBytesOfTheData() {
        Link link = new Link();
        StreamFollower follower =
                new StreamFollower(link, FollowerTraits.NONE, false, new java.util.concurrent.atomic.AtomicLong());
        follower.reassure();
        follower.become(StreamFollower.State.MAKING);
        follower.reassure();
        assertThat(link.sent()).isEqualTo("\n\n");
        follower.become(StreamFollower.State.STREAMING);
        follower.reassure();
        follower.become(StreamFollower.State.SENDING);
        follower.reassure();
        assertThat(link.sent()).isEqualTo("\n\n");
    }

    @Test
    void whatWaitsForABusyConnectionIsBounded() throws Exception {
        stream = stream("--client-output-buffer-limit", "replica 20mb 0 0", "--repl-backlog-size", "30mb");
        passing(A, 100);
        Link link = goesOn(A, 101);
        link.queued = 25 << 20;
        pass("one");
        assertThat(link.sent()).as("no less than the backlog").endsWith("one");
        link.queued = 31 << 20;
        pass("two");
        link.queued = 0;
        pass("three");
        assertThat(link.closing).isTrue();
        assertThat(link.sent()).endsWith("one");
    }
}
