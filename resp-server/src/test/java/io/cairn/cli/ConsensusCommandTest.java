package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ConsensusCommandTest {
    private static final String STATUS = "CLUSTER CONSENSUS STATUS";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        List<String> all = new ArrayList<>(List.of("consensus"));
        all.addAll(List.of(words));
        return new CommandLine(new ClusterCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println(failure.getMessage());
                    return 1;
                })
                .execute(all.toArray(new String[0]));
    }

    /** A cluster of one shard of two nodes, of which the second is not ready while the shard is in gossip. */
    private static List<Object> status(
            String consensus, String target, String step, String shardStep, long pause, String error) {
        List<Object> first = List.of("id", "aaa", "address", "h:1", "version", "0.1", "capable", "yes", "reason", "");
        List<Object> second = List.of(
                "id", "bbb", "address", "h:2", "version", "0.1", "capable", "no", "reason", "not restarted yet");
        List<Object> shard = List.of(
                "id",
                "sss",
                "consensus",
                consensus,
                "step",
                shardStep,
                "primary",
                "aaa",
                "members",
                List.of("aaa", "bbb"),
                "tolerates",
                0L,
                "pause-ms",
                pause,
                "reason",
                "");
        return List.of(
                "consensus",
                consensus,
                "target",
                target,
                "step",
                step,
                "nodes",
                List.of(first, second),
                "shards",
                List.of(shard),
                "last-error",
                error);
    }

    @Test
    void statusNamesNodesThatAreNotReadyAndWhatAShardTolerates() throws Exception {
        try (ScriptedNode node = new ScriptedNode(call -> status("gossip", "gossip", "none", "none", -1, "late"))) {
            assertThat(run("status", node.name())).isZero();
            assertThat(out.toString().lines())
                    .containsExactly(
                            "consensus gossip",
                            "node h:1  aaa  version 0.1  ready for raft",
                            "node h:2  bbb  version 0.1  not ready for raft: not restarted yet",
                            "shard sss of h:1: gossip, 2 nodes, tolerates no failure",
                            "last error: late");
            assertThat(node.calls()).containsExactly(STATUS);
        }
    }

    @Test
    void eachStepIsToldOnceAndTheEndIsWaitedFor() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedNode node = new ScriptedNode(call -> {
            if (!call.equals(STATUS)) {
                return "OK";
            }
            return switch (asked.getAndIncrement()) {
                case 0 -> status("gossip", "gossip", "none", "none", -1, "");
                case 1, 2 -> status("gossip", "raft", "shards", "seal", -1, "");
                case 3 -> status("raft", "raft", "finishing", "none", 34, "");
                default -> status("raft", "raft", "none", "none", 34, "");
            };
        })) {
            assertThat(run("raft", node.name())).isZero();
            assertThat(node.calls().get(0)).isEqualTo("CLUSTER CONSENSUS RAFT");
            assertThat(out.toString().lines().map(line -> line.replaceFirst("^ *[0-9.]+ s  ", "")))
                    .containsExactly(
                            "consensus gossip",
                            "shard sss of h:1: gossip, 2 nodes, tolerates no failure",
                            "consensus gossip, shards",
                            "shard sss of h:1: gossip, 2 nodes, tolerates no failure, seal",
                            "consensus raft, finishing",
                            "shard sss of h:1: raft, 2 nodes, tolerates no failure, writes waited 34 ms",
                            "consensus raft",
                            "done: the cluster is raft");
        }
    }

    @Test
    void whatIsGivenUpEndsWithItsReason() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedNode node = new ScriptedNode(call -> {
            if (!call.equals(STATUS)) {
                return "OK";
            }
            return asked.getAndIncrement() == 0
                    ? status("gossip", "raft", "shards", "digest", -1, "")
                    : status("gossip", "gossip", "none", "none", -1, "digests of shard sss differ");
        })) {
            assertThat(run("raft", node.name())).isEqualTo(1);
            assertThat(out.toString()).contains("it was given up").contains("digests of shard sss differ");
        }
    }

    @Test
    void aRefusalIsTheReasonOfTheNode() throws Exception {
        try (ScriptedNode node = new ScriptedNode(call -> "-ERR these nodes are not ready: h:2")) {
            assertThat(run("raft", node.name())).isEqualTo(1);
            assertThat(err.toString()).contains("ERR these nodes are not ready: h:2");
            assertThat(node.calls()).containsExactly("CLUSTER CONSENSUS RAFT");
        }
    }

    @Test
    void aDryRunChangesNothing() throws Exception {
        try (ScriptedNode node = new ScriptedNode(call -> List.of("node h:2 is not ready", "shard sss: 2 nodes"))) {
            assertThat(run("gossip", node.name(), "--shard", "sss", "--dry-run"))
                    .isZero();
            assertThat(out.toString().lines()).containsExactly("node h:2 is not ready", "shard sss: 2 nodes");
            assertThat(node.calls()).containsExactly("CLUSTER CONSENSUS GOSSIP SHARD sss DRYRUN");
        }
    }

    @Test
    void oneShardIsDoneWhenItIs() throws Exception {
        try (ScriptedNode node = new ScriptedNode(
                call -> call.equals(STATUS) ? status("raft", "raft", "shards", "none", 12, "") : "OK")) {
            assertThat(run("raft", node.name(), "--shard", "bbb")).isZero();
            assertThat(node.calls().get(0)).isEqualTo("CLUSTER CONSENSUS RAFT SHARD bbb");
            assertThat(out.toString()).endsWith("done: shard bbb is raft" + System.lineSeparator());
        }
    }

    @Test
    void whatIsNotDoneInTimeGoesOn() throws Exception {
        try (ScriptedNode node = new ScriptedNode(
                call -> call.equals(STATUS) ? status("gossip", "raft", "shards", "promise", -1, "") : "OK")) {
            assertThat(run("raft", node.name(), "--timeout", "1")).isEqualTo(1);
            assertThat(out.toString()).contains("not done after 1 s; it goes on");
        }
    }

    @Test
    void anotherNodeIsAskedWhenOneIsDown() throws Exception {
        int down;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            down = closed.getLocalPort();
        }
        try (ScriptedNode node = new ScriptedNode(call -> "OK")) {
            assertThat(run("raft", "127.0.0.1:" + down, node.name(), "--no-wait"))
                    .isZero();
            assertThat(node.calls()).containsExactly("CLUSTER CONSENSUS RAFT");
            assertThat(out.toString()).contains("it has begun");
        }
    }
}
