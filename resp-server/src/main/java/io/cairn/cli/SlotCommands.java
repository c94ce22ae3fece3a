package io.cairn.cli;

import io.cairn.cli.MovedSlots.Primary;
import io.cairn.cli.SlotPlan.Move;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cairn cluster move} and {@code cairn cluster rebalance}: slots move as a whole, while clients write. */
final class SlotCommands {
    private SlotCommands() {}

    private static int make(
            List<Move> moves, MovedSlots mover, Map<String, Primary> primaries, boolean dryRun, PrintWriter out)
            throws IOException, InterruptedException {
        for (Move move : moves) {
            out.println(move.slots().cardinality() + " slots from " + name(primaries, move.from()) + " to "
                    + name(primaries, move.to()) + ": " + move.ranges());
            out.flush();
            if (!dryRun) {
                mover.make(move, primaries);
            }
        }
        if (moves.isEmpty()) {
            out.println("there is nothing to move");
            out.flush();
        }
        return 0;
    }

    private static String name(Map<String, Primary> primaries, String id) {
        Primary primary = primaries.get(id);
        return primary == null
                ? id
                : primary.address().getHostString() + ":" + primary.address().getPort();
    }

    /** {@code cairn cluster move}. */
    @Command(
            name = "move",
            description =
                    "Move slots to a primary, as a whole: until the moment of the change of owner clients use them"
                            + " where they were, from then on at their new place. The migration goes on without this command; CLUSTER"
                            + " MIGRATION CANCEL ends it.",
            mixinStandardHelpOptions = true)
    static final class MoveSlots implements Callable<Integer> {
        @Mixin
        final ClusterNodes nodes = new ClusterNodes();

        @Option(names = "--slots", required = true, description = "Which, as 0-99,200.")
        String slots;

        @Option(names = "--to", required = true, description = "The primary that gets them: host:port or id.")
        String to;

        @Option(names = "--dry-run", description = "Say only what would be moved.")
        boolean dryRun;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            MovedSlots mover = new MovedSlots(
                    nodes.addresses(), nodes.login, spec.commandLine().getErr(), ImportProgress.isTerminal());
            Map<String, Primary> primaries = mover.primaries();
            BitSet wanted = SlotPlan.parse(slots);
            List<Move> moves = MovedSlots.toward(primaries, wanted, MovedSlots.find(primaries, to));
            return make(moves, mover, primaries, dryRun, spec.commandLine().getOut());
        }
    }

    /** {@code cairn cluster rebalance}. */
    @Command(
            name = "rebalance",
            description = "Move slots so that every primary has its share, as cairn cluster move does.",
            mixinStandardHelpOptions = true)
    static final class Rebalance implements Callable<Integer> {
        @Mixin
        final ClusterNodes nodes = new ClusterNodes();

        @Option(
                names = "--weight",
                paramLabel = "primary=weight",
                description = "A primary's share against 1 of the others, by host:port or id; 0 drains it.")
        @Nullable
        Map<String, Double> weights;

        @Option(names = "--use-empty", description = "Primaries without slots get some, too.")
        boolean useEmpty;

        @Option(
                names = "--threshold",
                defaultValue = "2",
                description = "Percent of its share that a primary may be off (default: ${DEFAULT-VALUE}).")
        double threshold;

        @Option(names = "--dry-run", description = "Say only what would be moved.")
        boolean dryRun;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            MovedSlots mover = new MovedSlots(
                    nodes.addresses(), nodes.login, spec.commandLine().getErr(), ImportProgress.isTerminal());
            Map<String, Primary> primaries = mover.primaries();
            Map<String, Double> byId = new TreeMap<>();
            if (weights != null) {
                for (Map.Entry<String, Double> weight : weights.entrySet()) {
                    byId.put(MovedSlots.find(primaries, weight.getKey()).id(), weight.getValue());
                }
            }
            Map<String, BitSet> owned = new TreeMap<>();
            primaries.forEach((id, primary) -> {
                if (useEmpty || byId.containsKey(id) || !primary.slots().isEmpty()) {
                    owned.put(id, primary.slots());
                }
            });
            List<Move> moves = SlotPlan.balance(owned, byId, threshold);
            return make(moves, mover, primaries, dryRun, spec.commandLine().getOut());
        }
    }
}
