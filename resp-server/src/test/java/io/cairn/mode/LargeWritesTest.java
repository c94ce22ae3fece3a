package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.cairn.record.RecordFormat;
import io.cairn.resp.ReplyBuffer;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Large writes that do not get through. */
class LargeWritesTest {
    private static final long SECONDS = 20;

    private static Origin origin(LonelyRaft node, CompletableFuture<String> answer) {
        return (Origin) Proxy.newProxyInstance(
                LargeWritesTest.class.getClassLoader(),
                new Class<?>[] {Origin.class},
                (self, method, with) -> switch (method.getName()) {
                    case "eventLoop" -> node.loop;
                    case "complete" -> {
                        ReplyBuffer reply = (ReplyBuffer) with[0];
                        byte[] bytes = reply.bytes((long) with[1], (long) with[2]);
                        answer.complete(new String(bytes, StandardCharsets.ISO_8859_1));
                        yield null;
                    }
                    case "resp3" -> false;
                    case "database", "pending" -> 0;
                    default -> null;
                });
    }

    /** What the refused may have added is not counted as used for ever, or keys are evicted for nothing. */
    @Test
    void aRefusedWriteTakesNoMemory() throws Exception {
        try (LonelyRaft node = new LonelyRaft()) {
            LoopQueue queue = new LoopQueue(node.loop, node.mode);
            long before = node.memory.excess();
            Args args =
                    LonelyRaft.args("SET", "k", "v".repeat((LoopQueue.MAX_IN_FLIGHT + 1) * RecordFormat.CHUNK_BYTES));
            CompletableFuture<String> answer = new CompletableFuture<>();
            node.loop.execute(() -> queue.write(origin(node, answer), args, -1));
            assertThat(answer.get(SECONDS, TimeUnit.SECONDS)).startsWith("-CLUSTERDOWN ");
            node.loop.submit(() -> {}).get(SECONDS, TimeUnit.SECONDS);
            assertThat(node.memory.excess()).isEqualTo(before);
            assertThat(node.mode.ownBlobs().bytes()).isZero();
        }
    }
}
