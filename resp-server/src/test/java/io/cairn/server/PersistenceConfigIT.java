package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CONFIG SET of what keeps a standalone node's data. */
class PersistenceConfigIT {
    @TempDir
    Path directory;

    @Test
    void aChangedFsyncPolicyTakesEffect() throws Exception {
        try (TestServer server = new TestServer(directory, "--appendonly", "yes", "--appendfsync", "no");
                RawClient client = server.client()) {
            assertThat(client.call("INFO", "persistence")).contains("aof_fsync_policy:no");
            assertThat(client.call("CONFIG", "SET", "appendfsync", "always")).isEqualTo("+OK\r\n");
            assertThat(client.call("INFO", "persistence")).contains("aof_fsync_policy:always");
            StandaloneBackend backend =
                    (StandaloneBackend) server.process().nodes().get(0).backend();
            long before = backend.logStats().syncs();
            client.call("SET", "a", "1");
            assertThat(backend.logStats().syncs()).isGreaterThan(before);
        }
    }
}
