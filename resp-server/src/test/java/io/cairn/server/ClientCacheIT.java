package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client side cache of Lettuce over a standalone node. That of Jedis asks HELLO for Redis 7.4. */
class ClientCacheIT {
    @TempDir
    private Path directory;

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(directory);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(5);
        }
    }

    @Test
    void lettuceDropsWhatAnotherChanges() throws Exception {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + server.port());
        Map<String, String> map = new ConcurrentHashMap<>();
        try (StatefulRedisConnection<String, String> connection = client.connect();
                RawClient other = server.client()) {
            CacheFrontend<String, String> cache =
                    ClientSideCaching.enable(CacheAccessor.forMap(map), connection, TrackingArgs.Builder.enabled());
            for (int i = 0; i < 20; i++) {
                String value = "v" + i;
                other.call("set", "k", value);
                eventually(() -> !map.containsKey("k"));
                assertThat(cache.get("k")).isEqualTo(value);
                assertThat(map).containsEntry("k", value);
            }
        } finally {
            client.shutdown(0, 5, TimeUnit.SECONDS);
        }
    }
}
