package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeLogCheckTest {
    private static final String STAMP = "2026-11-21 06:25:42.333 ";

    @TempDir
    Path directory;

    private Finding check(NodeLogCheck check, String... lines) throws Exception {
        Path output = directory.resolve("process-0.log");
        Files.write(output, List.of(lines));
        return check.check(List.of(output));
    }

    private Finding check(String... lines) throws Exception {
        return check(new NodeLogCheck(), lines);
    }

    @Test
    void whatFaultsOfTheNetworkPrintIsRight() throws Exception {
        Finding finding = check(
                "a banner",
                STAMP + "WARN  [raft-io-2-1] PeerLink: peer d217a3 is silent: connecting anew",
                STAMP
                        + "INFO  [gossip-io] Gossip: seed 127.0.0.1:32600 does not answer yet: Connection refused: /127.0.0.1");
        assertThat(finding.problems()).isEmpty();
        assertThat(finding.valid()).isTrue();
        assertThat(finding.figures()).containsEntry("warnings", 1L).containsEntry("lines", 3L);
    }

    @Test
    void anErrorLineIsAProblemCountedOnce() throws Exception {
        Finding finding = check(
                STAMP + "ERROR [t] GroupMachine: group 0bc039989f cannot apply entry 17",
                STAMP + "INFO  [t] Node: fine",
                STAMP + "ERROR [t] GroupMachine: group 14b7db14af cannot apply entry 18");
        assertThat(finding.valid()).isFalse();
        assertThat(finding.problems())
                .singleElement()
                .asString()
                .contains("process-0.log:1 (2 times)", "cannot apply entry 17");
    }

    @Test
    void aStackTraceIsAProblemWhateverItsLevel() throws Exception {
        assertThat(check(
                                STAMP + "WARN  [t] MetaGroup: group did not stop cleanly",
                                "java.util.concurrent.TimeoutException: null",
                                "\tat java.base/java.util.concurrent.CompletableFuture.timedGet(CompletableFuture.java:1960)")
                        .problems())
                .singleElement()
                .asString()
                .contains("did not stop cleanly", "TimeoutException");
    }

    @Test
    void assertionsMemoryCrashesAndLeaksAreProblems() throws Exception {
        for (String line : List.of(
                "Exception in thread \"cron\" java.lang.IllegalStateException: x",
                "java.lang.AssertionError",
                "Terminating due to java.lang.OutOfMemoryError: Java heap space",
                "# A fatal error has been detected by the Java Runtime Environment:",
                STAMP + "WARN  [t] Recovery: torn write at entry 7, which had been forced to the disk before: it may",
                STAMP + "INFO  [t] ResourceLeakDetector: LEAK: ByteBuf.release() was not called")) {
            assertThat(check(line).problems()).as(line).hasSize(1);
        }
        Files.writeString(directory.resolve("hs_err_pid77.log"), "");
        assertThat(check("nothing").problems()).singleElement().asString().contains("hs_err_pid77");
    }

    @Test
    void aFaultMayAllowALine() throws Exception {
        Finding finding = check(
                new NodeLogCheck(NodeLogCheck.CUT_LOG),
                STAMP + "WARN  [t] Recovery: torn write at entry 7, which had been forced to the disk before: it may");
        assertThat(finding.valid()).isTrue();
        assertThat(finding.figures()).containsEntry("allowed", 1L);
    }
}
