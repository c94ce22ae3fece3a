package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeapGuardTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @TempDir
    Path directory;

    @Test
    void onlyWhatACollectionLeavesIsFull() {
        AtomicLong used = new AtomicLong(100);
        AtomicLong live = new AtomicLong(100);
        AtomicInteger collections = new AtomicInteger();
        HeapGuard guard = new HeapGuard(
                used::get,
                () -> {
                    collections.incrementAndGet();
                    used.set(live.get());
                },
                1_000);
        assertThat(guard.full(0)).isFalse();
        assertThat(collections).hasValue(0);
        used.set(900);
        assertThat(guard.full(SECOND)).as("garbage").isFalse();
        assertThat(collections).hasValue(1);
        live.set(860);
        used.set(900);
        assertThat(guard.full(2 * SECOND)).as("not asked again so soon").isFalse();
        assertThat(guard.full(12 * SECOND)).isTrue();
        assertThat(collections).hasValue(2);
        assertThat(guard.full(13 * SECOND)).isTrue();
        used.set(500);
        assertThat(guard.full(14 * SECOND)).isFalse();
        assertThat(collections).hasValue(2);
    }

    @Test
    void aNodeRefusesWhatNeedsMemory() throws Exception {
        try (TestServer server =
                        new TestServer(directory, "--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb");
                RawClient client = server.client()) {
            assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
            server.process().nodes().get(0).memory().heapFull(true);
            assertThat(client.call("SET", "k", "w")).startsWith("-OOM ");
            assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
            assertThat(client.call("DEL", "k")).isEqualTo(":1\r\n");
            server.process().nodes().get(0).memory().heapFull(false);
            assertThat(client.call("SET", "k", "w")).isEqualTo("+OK\r\n");
        }
    }
}
