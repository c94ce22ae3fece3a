package io.cairn.jepsen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.HistoryFiles;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Phase;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.workload.Clients;
import io.cairn.jepsen.workload.Options;
import io.cairn.jepsen.workload.Workload;
import io.cairn.jepsen.workload.Workloads;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every workload without any fault, against one server: its history is valid and says enough. */
class WorkloadsIT {
    private static final int CAIRN_PORT = 22_400;
    private static final int REDIS_PORT = 22_401;
    private static final int RUN_MILLIS = Integer.getInteger("cairn.workload.millis", 5_000);
    private static final int READ_SECONDS = 30;
    /** Of each kind of operation; a rate of 100 a second gives ten times as many. */
    private static final int FEWEST = 20;

    private static final Map<String, Set<String>> KINDS = Map.of(
            "register", Set.of("read", "write", "cas"),
            "append", Set.of("txn"),
            "counter", Set.of("incr", "read"),
            "set", Set.of("add", "read"),
            "bank", Set.of("transfer", "read"),
            "ttl", Set.of("set", "read", "incr"));

    @TempDir
    Path folder;

    /** A workload on its way. */
    private record Running(Workload workload, Recorder recorder, Clients clients, long begin) {}

    @Test
    void everyWorkloadIsValidAgainstCairn() throws Exception {
        try (TestCluster cluster = StandaloneServer.cairn(
                Distribution.find(), List.of("-Xmx128m"), folder, CAIRN_PORT, "--appendonly", "no")) {
            runAll(cluster);
        }
    }

    @Test
    void everyWorkloadIsValidAgainstRedis() throws Exception {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "redis-server"))),
                "no redis-server here");
        try (TestCluster cluster = StandaloneServer.redis(
                folder, REDIS_PORT, "--save", "", "--appendonly", "no", "--protected-mode", "no")) {
            runAll(cluster);
        }
    }

    private void runAll(TestCluster cluster) throws Exception {
        List<Running> all =
                Workloads.names().stream().map(name -> prepare(cluster, name)).toList();
        for (Running running : all) {
            running.clients.start();
        }
        Thread.sleep(RUN_MILLIS);
        for (Running running : all) {
            running.clients.stop();
            long stopped = running.recorder.now();
            int unanswered = running.clients.finalReads(READ_SECONDS);
            assertThat(unanswered)
                    .as(() -> running.workload.name() + ": unanswered, the last: " + last(running.recorder))
                    .isZero();
            running.recorder.add(new Phase("calm", running.begin, stopped));
            running.recorder.add(new Phase("final", stopped, running.recorder.now()));
            running.clients.close();
            examine(running.workload, running.recorder.history(Map.of("workload", running.workload.name())));
        }
    }

    private static Operation last(Recorder recorder) {
        List<Operation> operations = recorder.history(Map.of()).operations();
        return operations.get(operations.size() - 1);
    }

    private static Running prepare(TestCluster cluster, String name) {
        Options options = Options.standard("it-" + name).withReplicaReads(0.3);
        Workload workload = Workloads.named(name, options);
        Recorder recorder = new Recorder();
        Clients clients = new Clients(
                cluster.nodes(),
                cluster.processOfNode(),
                workload,
                options.operationsPerSecond(),
                recorder,
                Clients.Crowd.of(2, 1, 7));
        return new Running(workload, recorder, clients, recorder.now());
    }

    private void examine(Workload workload, History history) throws Exception {
        Map<String, Long> counts = history.operations().stream()
                .collect(Collectors.groupingBy(
                        operation -> operation.f() + " " + operation.outcome(), TreeMap::new, Collectors.counting()));
        String figures = workload.name() + ": " + counts;
        for (String kind : KINDS.getOrDefault(workload.name(), Set.of())) {
            assertThat(counts.getOrDefault(kind + " " + Outcome.OK, 0L))
                    .as(figures)
                    .isGreaterThan(FEWEST);
        }
        assertThat(history.operations().stream()
                        .filter(operation -> operation.outcome() == Outcome.INFO)
                        .map(Operation::error))
                .as(figures)
                .isEmpty();
        for (Checker checker : workload.checkers()) {
            Finding finding = checker.check(history);
            assertThat(finding.problems())
                    .as(workload.name() + " " + finding.figures())
                    .isEmpty();
            assertThat(finding.valid()).isTrue();
        }
        HistoryFiles.write(history, Files.createDirectories(folder.resolve(workload.name())));
        assertThat(HistoryFiles.read(folder.resolve(workload.name()))).isEqualTo(history);
    }
}
