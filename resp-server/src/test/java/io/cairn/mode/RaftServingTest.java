package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.ValueType;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Clients that wait and cannot be served. */
class RaftServingTest {
    private static final long SECONDS = 20;
    private static final byte[] KEY = "k".getBytes(StandardCharsets.ISO_8859_1);

    /** One that reads for a group of a stream that is gone, and must be told; there is no memory for that. */
    private static BlockedKeys.Waiter waiter(LonelyRaft node, CompletableFuture<Void> givenUp) {
        AtomicLong order = new AtomicLong();
        return (BlockedKeys.Waiter) Proxy.newProxyInstance(
                RaftServingTest.class.getClassLoader(),
                new Class<?>[] {BlockedKeys.Waiter.class},
                (self, method, with) -> switch (method.getName()) {
                    case "order" -> with == null ? (Object) order.get() : setTo(order, (long) with[0]);
                    case "type" -> ValueType.STREAM;
                    case "group" -> KEY;
                    case "keys" -> List.of(KEY);
                    case "command" -> node.table.command(node.table.find(LonelyRaft.args("XREADGROUP")));
                    case "eventLoop" -> node.loop;
                    case "begin", "readonly" -> true;
                    case "args" -> throw new OutOfMemoryError("as the test wants it");
                    case "giveUp" -> {
                        givenUp.complete(null);
                        yield null;
                    }
                    case "database" -> 0;
                    default -> null;
                });
    }

    private static @Nullable Object setTo(AtomicLong order, long number) {
        order.set(number);
        return null;
    }

    /** An attempt that has begun and is never over would wait for ever, whatever its timeout. */
    @Test
    void whoCannotBeServedForWantOfMemoryWaitsOn() throws Exception {
        try (LonelyRaft node = new LonelyRaft()) {
            BlockedKeys blocked = new BlockedKeys();
            node.mode.serves(blocked);
            CompletableFuture<Void> givenUp = new CompletableFuture<>();
            blocked.add(waiter(node, givenUp));
            blocked.ready(0, KEY);
            givenUp.get(SECONDS, TimeUnit.SECONDS);
            assertThat(blocked.waiting()).isOne();
        }
    }
}
