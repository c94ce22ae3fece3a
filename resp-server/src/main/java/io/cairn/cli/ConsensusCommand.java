package io.cairn.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cairn cluster consensus}: a running cluster goes from gossip to raft, and back. */
@Command(
        name = "consensus",
        description = "Take a running cluster from gossip to raft or back, or show how far it is (docs/rollout.md).",
        mixinStandardHelpOptions = true,
        subcommands = {ConsensusCommand.Status.class, ConsensusCommand.Raft.class, ConsensusCommand.Gossip.class})
final class ConsensusCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** {@code cairn cluster consensus status}. */
    @Command(
            name = "status",
            description = "Show which nodes are ready, what each shard is, and what it tolerates.",
            mixinStandardHelpOptions = true)
    static final class Status implements Callable<Integer> {
        @Mixin
        final ClusterNodes nodes = new ClusterNodes();

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = spec.commandLine().getOut();
            new ConsensusChange(nodes.addresses(), nodes.login, line -> {})
                    .status()
                    .lines()
                    .forEach(out::println);
            out.flush();
            return 0;
        }
    }

    /** A way of the cluster, there or back. */
    abstract static class Change implements Callable<Integer> {
        private final String target;

        @Mixin
        final ClusterNodes nodes = new ClusterNodes();

        @Option(
                names = "--shard",
                paramLabel = "ID",
                description = "Only this shard: its id, or that of any of its nodes.")
        @Nullable
        String shard;

        @Option(names = "--dry-run", description = "Only say what would be done, and what stands in the way.")
        boolean dryRun;

        @Option(names = "--no-wait", description = "End once it has begun; it goes on by itself.")
        boolean noWait;

        @Option(
                names = "--timeout",
                paramLabel = "SECONDS",
                defaultValue = "600",
                description = "How long to wait until it is done (default: ${DEFAULT-VALUE}).")
        long timeoutSeconds;

        @Spec
        CommandSpec spec;

        Change(String target) {
            this.target = target;
        }

        @Override
        public final Integer call() throws Exception {
            PrintWriter out = spec.commandLine().getOut();
            Consumer<String> said = line -> {
                out.println(line);
                out.flush();
            };
            ConsensusChange change = new ConsensusChange(nodes.addresses(), nodes.login, said);
            if (dryRun) {
                change.report(target, shard).forEach(said);
                return 0;
            }
            change.begin(target, shard);
            if (noWait) {
                said.accept("it has begun");
                return 0;
            }
            boolean done = change.await(target, shard, TimeUnit.SECONDS.toMillis(timeoutSeconds));
            if (done) {
                said.accept("done: " + (shard == null ? "the cluster" : "shard " + shard) + " is " + target);
            }
            return done ? 0 : 1;
        }
    }

    /** {@code cairn cluster consensus raft}. */
    @Command(
            name = "raft",
            description =
                    "Take all shards, or one, over to raft while clients write; no data is copied. Every node must"
                            + " have been started with cluster-consensus raft. Exit code 0 only when it is done.",
            mixinStandardHelpOptions = true)
    static final class Raft extends Change {
        Raft() {
            super("raft");
        }
    }

    /** {@code cairn cluster consensus gossip}. */
    @Command(
            name = "gossip",
            description =
                    "Take all shards, or one, back to gossip; aborts a way to raft that is not done. Exit code 0 only"
                            + " when it is done.",
            mixinStandardHelpOptions = true)
    static final class Gossip extends Change {
        Gossip() {
            super("gossip");
        }
    }
}
