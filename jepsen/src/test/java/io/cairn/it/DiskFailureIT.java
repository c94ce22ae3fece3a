package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk of a primary fails: fsync answers EIO, by a library put before libc's. The node acknowledges nothing more, says
 * why, gives up its place at once and ends; another one serves, and nothing acknowledged is lost.
 */
@Tag("long")
class DiskFailureIT {
    private static final int PORT = 21820;

    private static final String SHIM = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdlib.h>
            #include <unistd.h>
            static int failing(void) {
                const char *flag = getenv("FAIL_FSYNC_IF");
                return flag && access(flag, F_OK) == 0;
            }
            int fsync(int fd) {
                if (failing()) { errno = EIO; return -1; }
                return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd);
            }
            int fdatasync(int fd) {
                if (failing()) { errno = EIO; return -1; }
                return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd);
            }
            """;

    @Test
    void aPrimaryWhoseDiskFailsStepsDownAtOnceAndSaysSo(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory)
            throws Exception {
        assumeTrue(Tools.onPath("gcc"), "gcc is not installed (Debian: gcc)");
        Path source = Files.writeString(directory.resolve("shim.c"), SHIM);
        Path shim = directory.resolve("shim.so");
        Process gcc = new ProcessBuilder("gcc", "-shared", "-fPIC", "-o", shim.toString(), source.toString(), "-ldl")
                .inheritIO()
                .start();
        assertThat(gcc.waitFor()).isZero();
        Path flag = directory.resolve("fsync-fails");
        ClusterOptions options = ClusterOptions.DEMO.withNodesPerProcess(1);
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT, options)) {
            assertThat(cluster.server(0).stop(30)).isTrue();
            cluster.startWith(0, List.of("env", "LD_PRELOAD=" + shim, "FAIL_FSYNC_IF=" + flag));
            ClusterState.awaitHealthy(cluster.nodes(), 60);
            Address victim = cluster.nodes(0).get(0);
            Await.until(
                    "the node leads",
                    20,
                    () -> victim.equals(Shards.primaryOf(cluster, 0))
                            || ClusterState.ask(victim, "CLUSTER", "FAILOVER")
                                    .text()
                                    .isEmpty());
            long acknowledged = 0;
            try (RawClient client = RawClient.connect(victim, Timeouts.PATIENT)) {
                for (int i = 0; i < 20; i++) {
                    acknowledged = client.call("INCR", "counter").number();
                }
                Files.createFile(flag);
                long failed = System.nanoTime();
                client.send(RawClient.words("INCR", "counter"));
                client.flush();
                Address heir = null;
                while (heir == null) {
                    assertThat(System.nanoTime() - failed).isLessThan(TimeUnit.SECONDS.toNanos(10));
                    for (int process = 1; process < 3; process++) {
                        Address node = cluster.nodes(process).get(0);
                        Reply reply = ClusterState.ask(node, "SET", "other", "1");
                        heir = reply.failed() ? heir : node;
                    }
                }
                System.out.printf(
                        "fsync failed; another node took a write after %d ms%n",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - failed));
                // The write that met the failure may have reached the others; no reply said so.
                assertThat(ClusterState.ask(heir, "GET", "counter").text())
                        .isIn(Long.toString(acknowledged), Long.toString(acknowledged + 1));
            }
            assertThat(cluster.server(0).awaitExit(30)).isTrue();
            assertThat(cluster.server(0).exitCode()).isEqualTo(2);
            assertThat(cluster.server(0).ownOutput())
                    .contains("fatal error while")
                    .contains("Input/output error");
            Files.delete(flag);
            cluster.start(0);
            ClusterState.awaitHealthy(cluster.nodes(), 60);
        }
    }
}
