package io.cairn.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DatasetDigestTest {
    private static final int STATES = 8;

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());

    @AfterEach
    void close() {
        keyspace.close();
    }

    private void put(String key, long number) {
        NativeBlock block = block(key);
        try {
            int stripe = keyspace.stripeOf(Slots.of(block.address(), block.capacity()));
            keyspace.lock(stripe);
            try {
                keyspace.nextVersion();
                keyspace.database(0).putNumber(block.address(), block.capacity(), number, 0);
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            block.release();
        }
    }

    private static NativeBlock block(String key) {
        byte[] bytes = key.getBytes(StandardCharsets.US_ASCII);
        NativeBlock block = NativeBlock.allocate(bytes.length);
        Memory.copy(bytes, 0, block.address(), bytes.length);
        return block;
    }

    /** All keys show the same number: a digest of two moments is of no such state. */
    private void putAll(long number) {
        keyspace.lockAll();
        try {
            for (int i = 0; i < 50; i++) {
                put("key" + i, number);
            }
        } finally {
            keyspace.unlockAll();
        }
    }

    @Test
    void aDigestWhileOthersWriteIsOfOneMoment() throws Exception {
        Set<String> possible = new HashSet<>();
        for (int number = 0; number < STATES; number++) {
            putAll(number);
            possible.add(DatasetDigest.of(keyspace).all());
        }
        assertThat(possible).hasSize(STATES);
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (long round = 0; !stop.get(); round++) {
                putAll(round % STATES);
            }
        });
        try {
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 300; i++) {
                seen.add(DatasetDigest.of(keyspace).all());
            }
            assertThat(possible).containsAll(seen);
        } finally {
            stop.set(true);
            writer.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void theSameKeysInAnyOrderHaveTheSameDigest() {
        for (int i = 0; i < 100; i++) {
            put("key" + i, i);
        }
        String digest = DatasetDigest.of(keyspace).all();
        String exact = DatasetDigest.exact(keyspace).all();
        try (ChronicleKeyspace other = new ChronicleKeyspace(KeyspaceOptions.defaults())) {
            for (int i = 99; i >= 0; i--) {
                NativeBlock block = block("key" + i);
                other.nextVersion();
                other.database(0).putNumber(block.address(), block.capacity(), i, 0);
                block.release();
            }
            assertThat(DatasetDigest.of(other).all()).isEqualTo(digest);
            assertThat(DatasetDigest.exact(other).all())
                    .as("the versions differ")
                    .isNotEqualTo(exact);
        }
    }
}
