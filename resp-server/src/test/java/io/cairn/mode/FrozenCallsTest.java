package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.lang.reflect.Proxy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How long calls on a slot that is changing hands wait. */
final class FrozenCallsTest {
    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final AtomicLong nanos = new AtomicLong(1);
    private final FrozenCalls calls = new FrozenCalls(nanos::get);

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }

    /** A connection that is resumed in vain, as a closed one is. */
    private Origin closed() {
        return (Origin) Proxy.newProxyInstance(
                Origin.class.getClassLoader(),
                new Class<?>[] {Origin.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "eventLoop" -> loop;
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == args[0];
                    default -> null;
                });
    }

    private void pass(long millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
        calls.tick();
    }

    @Test
    void aCallWaitsForABoundedTime() {
        Origin origin = closed();
        assertThat(calls.waits(origin)).isTrue();
        pass(FrozenCalls.WAIT_MILLIS - 1);
        assertThat(calls.waits(origin)).isTrue();
        pass(1);
        assertThat(calls.waits(origin)).isFalse();
        assertThat(calls.waits(origin)).as("another call").isTrue();
    }

    @Test
    void whoDoesNotAskAgainIsForgotten() {
        Origin origin = closed();
        assertThat(calls.waits(origin)).isTrue();
        pass(FrozenCalls.WAIT_MILLIS);
        pass(FrozenCalls.WAIT_MILLIS);
        assertThat(calls.waits(origin)).as("nothing is known of it").isTrue();
    }
}
