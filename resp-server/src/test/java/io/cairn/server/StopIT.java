package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Keyspace;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopIT {
    @TempDir
    Path directory;

    /** As a script in one endless call of its interpreter has them: SHUTDOWN NOSAVE is the way out that BUSY names. */
    @Test
    void aNodeStopsThoughKeysStayLocked() throws Exception {
        TestServer server = new TestServer(directory);
        Keyspace keyspace = server.process().nodes().get(0).keyspace();
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread script = new Thread(() -> {
            keyspace.lockAll();
            locked.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                keyspace.unlockAll();
            }
        });
        script.start();
        locked.await();
        Thread stop = new Thread(server::close);
        stop.start();
        stop.join(TimeUnit.SECONDS.toMillis(60));
        boolean stopped = !stop.isAlive();
        release.countDown();
        script.join();
        stop.join();
        assertThat(stopped).isTrue();
    }
}
