package io.cairn.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn cluster}: form a cluster, look at one, change it. */
@Command(
        name = "cluster",
        description = "Form a raft cluster, show one, or change one.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ClusterCommand.Create.class,
            ClusterCommand.Status.class,
            ClusterCommand.BalanceLeaders.class,
            SlotCommands.MoveSlots.class,
            SlotCommands.Rebalance.class,
            ConsensusCommand.class
        })
public final class ClusterCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** {@code cairn cluster create}. */
    @Command(
            name = "create",
            description = "Form a raft cluster out of empty nodes that run with cluster-consensus raft and know each"
                    + " other by cluster-seeds. The first nodes become the shards' primaries.",
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        private static final long OK_SECONDS = 60;

        @Parameters(arity = "1..*", paramLabel = "host:port", description = "Client address of each node.")
        List<String> nodes;

        @Option(
                names = "--replicas",
                defaultValue = "2",
                description = "Replicas of each primary (default: ${DEFAULT-VALUE}).")
        int replicas;

        @Option(
                names = "--shared-domain",
                description = "Allow two replicas of one shard in one process when there is no other way.")
        boolean sharedDomain;

        @Mixin
        final Login login = new Login();

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            ClusterClient cluster = new ClusterClient(ClusterClient.addresses(nodes), login);
            PrintWriter err = spec.commandLine().getErr();
            cluster.create(replicas, sharedDomain, line -> {
                err.println("cairn: " + line);
                err.flush();
            });
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(OK_SECONDS);
            cluster.awaitOk(deadline);
            cluster.awaitPlaced();
            PrintWriter out = spec.commandLine().getOut();
            out.print(cluster.okTable(deadline));
            out.flush();
            return 0;
        }
    }

    /** {@code cairn cluster status}. */
    @Command(
            name = "status",
            description = "Show every node with its role, health, load and lag, as one node sees them.",
            mixinStandardHelpOptions = true)
    static final class Status implements Callable<Integer> {
        @Mixin
        final ClusterNodes nodes = new ClusterNodes();

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = spec.commandLine().getOut();
            out.print(new ClusterClient(nodes.addresses(), nodes.login).table());
            out.flush();
            return 0;
        }
    }

    /** {@code cairn cluster balance-leaders}. */
    @Command(
            name = "balance-leaders",
            description = "Spread primaries evenly over the processes by handing leadership over, one shard at a time;"
                    + " no call of a client fails. A shard whose replicas lag stays where it is.",
            mixinStandardHelpOptions = true)
    static final class BalanceLeaders implements Callable<Integer> {
        @Mixin
        final ClusterNodes nodes = new ClusterNodes();

        @Option(names = "--dry-run", description = "Say only what would be moved first.")
        boolean dryRun;

        @Option(
                names = "--pause",
                defaultValue = "1000",
                description = "Milliseconds between two moves (default: ${DEFAULT-VALUE}).")
        int pauseMillis;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = spec.commandLine().getOut();
            int moves = new BalancedLeaders(nodes.addresses(), nodes.login)
                    .run(dryRun, Math.max(0, pauseMillis), line -> {
                        out.println(line);
                        out.flush();
                    });
            out.println(moves == 0 ? "primaries are spread evenly" : moves + (moves == 1 ? " move" : " moves"));
            out.flush();
            return 0;
        }
    }
}
