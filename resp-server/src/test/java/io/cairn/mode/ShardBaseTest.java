package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.Keyspace;
import io.cairn.raft.group.GroupBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that begin on data which they had before. */
class ShardBaseTest {
    private static final long BASE = 5_000;
    private static final ShardBase OF_TEST = new ShardBase("5".repeat(40), BASE, 17);

    @TempDir
    Path dir;

    private final StoreReplica one = new StoreReplica();
    private final StoreReplica other = new StoreReplica();

    @AfterEach
    void close() {
        one.close();
        other.close();
    }

    private void begin(StoreReplica replica) throws IOException {
        OF_TEST.write(dir);
        replica.store.bases(base -> {
            assertThat(base).isEqualTo(OF_TEST);
            return StoreReplica.NOW + 5;
        });
        assertThat(replica.store.loadSnapshot(dir)).isTrue();
    }

    @Test
    void nodesOfDifferentPastsAgreeOnVersions() throws IOException {
        one.run("set a 1");
        one.run("set a 2");
        one.run("set b 1");
        other.run("set b 1");
        other.run("set a 2");
        begin(one);
        begin(other);
        assertThat(one.version(0, "a")).isEqualTo(BASE).isEqualTo(other.version(0, "a"));
        assertThat(one.version(0, "absent")).isZero();
        one.run("set b 2");
        other.run("set b 2");
        assertThat(one.version(0, "b")).isEqualTo(BASE + 1).isEqualTo(other.version(0, "b"));
        assertThat(one.version(0, "a")).isEqualTo(BASE);
        assertThat(one.keyspace.lastVersion()).isEqualTo(other.keyspace.lastVersion());
    }

    @Test
    void aSnapshotAfterItHasTheVersionsThatWereTold() throws Exception {
        one.run("set a 1");
        begin(one);
        one.run("set b 1");
        Path snapshot = Files.createDirectory(dir.resolve("s"));
        var saved = new java.util.concurrent.CompletableFuture<String>();
        one.store.saveSnapshot(snapshot, BASE + 1, failure -> saved.complete(String.valueOf(failure)));
        assertThat(saved.get()).isEqualTo("null");
        assertThat(other.store.loadSnapshot(snapshot)).isTrue();
        assertThat(other.version(0, "a")).isEqualTo(BASE);
        assertThat(other.version(0, "b")).isEqualTo(one.version(0, "b"));
        assertThat(other.keyspace.lastVersion()).isEqualTo(one.keyspace.lastVersion());
    }

    @Test
    void nothingIsAppliedYetAndNoStampGoesBack() throws IOException {
        begin(one);
        assertThat(one.stamps.applied()).isZero();
        assertThat(one.stamps.next()).isEqualTo(StoreReplica.NOW + 5);
    }

    @Test
    void aNodeWithoutThatDataDoesNotBegin() throws IOException {
        OF_TEST.write(dir);
        assertThat(one.store.loadSnapshot(dir)).isFalse();
    }

    @Test
    void damageIsSeenAtEveryByte() throws IOException {
        OF_TEST.write(dir);
        Path file = dir.resolve(GroupBase.FILE);
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 4;
            Files.write(file, damaged);
            assertThatThrownBy(() -> ShardBase.read(dir)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void theExactDigestSeesOrderAndExpiryAndNotThePast() throws IOException {
        one.run("rpush l a b");
        one.run("set a 1");
        one.run("set x 1");
        one.run("del x");
        other.run("set a 1");
        other.run("rpush l a b");
        assertThat(digest(one)).isEqualTo(digest(other));
        other.run("lpop l");
        other.run("rpush l a");
        assertThat(digest(one)).isNotEqualTo(digest(other));
        one.run("lpop l");
        one.run("rpush l a");
        assertThat(digest(one)).isEqualTo(digest(other));
        other.run("pexpireat a 9999999999999");
        assertThat(digest(one)).isNotEqualTo(digest(other));
    }

    private static byte[] digest(StoreReplica replica) throws IOException {
        replica.keyspace.lockAll();
        Keyspace.Snapshot data;
        try {
            data = replica.keyspace.beginSnapshot();
        } finally {
            replica.keyspace.unlockAll();
        }
        try (ExactDigest digest = new ExactDigest()) {
            data.writeTo(digest);
            return digest.sum();
        } finally {
            data.cancel();
        }
    }
}
