package io.cairn.cli;

import io.cairn.raft.group.GroupRecovery;
import io.cairn.raft.meta.ClusterFile;
import io.cairn.raft.meta.ClusterFormat;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.Ids;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.Recovery;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.StoredMap;
import io.cairn.raft.shards.ShardRecovery;
import io.cairn.server.NodeDirectory;
import io.cairn.server.StartException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn recover}: a group most of whose voters are lost for good goes on with what one node has. Offline. */
@Command(
        name = "recover",
        description = {
            "Bring a shard or the meta group back after most of its voters were lost for good, from a node that has"
                    + " survived and does not run. What only the lost nodes held is lost.",
            "Look at every survivor with 'inspect' first: only the one with the highest last term, and among these with"
                    + " the highest last index, may be made the beginning of the new group."
        },
        mixinStandardHelpOptions = true,
        subcommands = {RecoverCommand.Inspect.class, RecoverCommand.OfShard.class, RecoverCommand.OfMeta.class})
public final class RecoverCommand implements Callable<Integer> {
    private static final String SHARD_PREFIX = "shard-";
    private static final String SHARD_DIRECTORY = "shard";
    private static final String META = "meta";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** A replica in a node's directory. */
    private record Replica(String groupId, String name, Path directory, List<String> initialVoters) {}

    /** A node that does not run, and cannot be started while this is open. */
    private static final class StoppedNode implements AutoCloseable {
        private final NodeDirectory directory;
        private final ClusterFile file;

        StoppedNode(Path path) throws IOException {
            Path normal = path.toAbsolutePath().normalize();
            String port = String.valueOf(normal.getFileName());
            Path root = normal.getParent();
            if (root == null || !port.matches("[0-9]{1,5}") || !Files.isRegularFile(normal.resolve("node.conf"))) {
                throw new IOException(
                        path + " is no node's directory: it is the one named by the node's port, with node.conf");
            }
            if (Files.exists(normal.resolve("reset"))) {
                throw new IOException("the node of " + path + " was reset: its data is about to go");
            }
            try {
                directory = NodeDirectory.open(root, Integer.parseInt(port));
            } catch (StartException e) {
                throw new IOException(e.getMessage(), e);
            }
            try {
                ClusterFile found = ClusterFile.read(directory.path(), directory.nodeId());
                if (found == null) {
                    throw new IOException("the node of " + path + " is in no cluster");
                }
                file = found;
            } catch (IOException e) {
                directory.close();
                throw e;
            }
        }

        private Replica meta() {
            Layout layout = file.layout();
            return new Replica(
                    META,
                    "the meta group",
                    directory.path().resolve(file.metaDirectory()),
                    layout == null ? List.of() : layout.meta().voters());
        }

        private @Nullable Replica shard() {
            for (String id : file.opened()) {
                if (id.startsWith(SHARD_PREFIX)) {
                    return new Replica(
                            id,
                            "shard " + id.substring(SHARD_PREFIX.length()),
                            directory.path().resolve(SHARD_DIRECTORY),
                            voters(id));
                }
            }
            return null;
        }

        private List<String> voters(String groupId) {
            Layout layout = file.layout();
            return layout == null
                    ? List.of()
                    : layout.shards().stream()
                            .filter(shard -> groupId.equals(SHARD_PREFIX + shard.id()))
                            .flatMap(shard -> shard.voters().stream())
                            .toList();
        }

        @Override
        public void close() throws IOException {
            directory.close();
        }
    }

    private static void describe(PrintWriter out, Replica replica, GroupRecovery.Found found) {
        out.println(replica.name());
        out.println("  last entry         index " + found.lastIndex() + ", term " + found.lastTerm());
        out.println("  highest term seen  " + found.voteTerm());
        out.println("  log                entries " + found.firstIndex() + " to " + found.lastIndex()
                + ", snapshot up to " + found.snapshotIndex());
        out.println("  surely committed   up to entry " + found.committedIndex());
        out.println("  voters             " + nodes(found.voters())
                + (found.oldVoters().isEmpty() ? "" : ", a change was under way from " + nodes(found.oldVoters())));
        out.println("  learners           " + nodes(found.learners()));
    }

    private static String nodes(List<String> ids) {
        return ids.isEmpty() ? "none" : String.join(" ", ids);
    }

    /** {@code cairn recover inspect}. */
    @Command(
            name = "inspect",
            description = "Show what a node that does not run has of its groups; changes nothing.",
            mixinStandardHelpOptions = true)
    static final class Inspect implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "The node's directory: DATA-DIR/PORT.")
        Path directory;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            try (StoppedNode node = new StoppedNode(directory)) {
                out.println("node " + node.directory.nodeId() + " of cluster " + node.file.clusterId());
                Replica meta = node.meta();
                describe(out, meta, GroupRecovery.look(meta.directory(), meta.initialVoters()));
                ClusterMap map = StoredMap.read(meta.directory());
                for (Shard one : map.shards()) {
                    int slots = map.slotsOf(one.id()).stream()
                            .mapToInt(range -> range.last() - range.first() + 1)
                            .sum();
                    out.println("  shard " + one.id() + "  " + slots + " slots, voters " + nodes(one.voters())
                            + ", learners " + nodes(one.learners()));
                }
                Replica shard = node.shard();
                if (shard != null) {
                    describe(out, shard, GroupRecovery.look(shard.directory(), shard.initialVoters()));
                }
            }
            out.flush();
            return 0;
        }
    }

    /** What the two that change something have in common. */
    abstract static class Change implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "The surviving node's directory: DATA-DIR/PORT.")
        Path directory;

        @Option(
                names = "--accept-data-loss",
                description = "Needed: what only the lost nodes held is lost, and they must never be started again with"
                        + " their data.")
        boolean accepted;

        @Option(
                names = "--report",
                paramLabel = "FILE",
                description =
                        "Where to write what was done and what may be lost (default: recover-GROUP-TIME.txt in DIR).")
        @Nullable
        Path report;

        @Spec
        CommandSpec spec;

        abstract @Nullable Replica replica(StoppedNode node);

        abstract ByteBuffer mark(String recoveryId);

        abstract String kind();

        /** Refuses what makes no sense for this replica. */
        void check(Replica replica) throws IOException {}

        @Override
        public Integer call() throws IOException {
            PrintWriter err = spec.commandLine().getErr();
            try (StoppedNode node = new StoppedNode(directory)) {
                Replica replica = replica(node);
                if (replica == null) {
                    throw new IOException("the node of " + directory + " has no replica of a shard");
                }
                String self = node.directory.nodeId();
                GroupRecovery.Found before = GroupRecovery.look(replica.directory(), replica.initialVoters());
                String refusal = refusal(self, before);
                if (refusal != null) {
                    throw new IOException(refusal);
                }
                check(replica);
                Path file = report == null
                        ? node.directory
                                .path()
                                .resolve("recover-" + kind() + "-" + STAMP.format(Instant.now()) + ".txt")
                        : report;
                String plan = plan(replica, self, before) + versionNote(node.file);
                if (!accepted) {
                    err.print(plan);
                    err.println(
                            "Nothing was changed. If the other voters are lost for good and no survivor has a newer log,"
                                    + " add --accept-data-loss.");
                    return 1;
                }
                String recoveryId = Ids.random();
                write(file, plan + "recovery " + recoveryId + " begins at " + Instant.now() + "\n");
                GroupRecovery.Found after =
                        GroupRecovery.recover(replica.groupId(), replica.directory(), self, mark(recoveryId));
                String done = plan + "recovery " + recoveryId + " done at " + Instant.now() + "\n"
                        + "after: voters " + nodes(after.voters()) + ", last entry index " + after.lastIndex()
                        + ", term " + after.lastTerm() + "\n";
                write(file, done);
                err.print(done);
                err.println("Report: " + file + ". Start the node; new voters join as their nodes come.");
                err.flush();
                return 0;
            }
        }

        private static @Nullable String refusal(String self, GroupRecovery.Found found) {
            boolean votes = found.voters().contains(self) || found.oldVoters().contains(self);
            if (!votes && !found.learners().contains(self)) {
                return "this node is no member of the group: its log is an old one, or it never joined";
            }
            if (found.voters().equals(List.of(self)) && found.oldVoters().isEmpty()) {
                return "this node is the group's only voter already: start it";
            }
            return null;
        }

        /** What a shard's log gets is of version 2, and so is the word by which the map grants its slots anew. */
        private String versionNote(ClusterFile file) {
            return !kind().equals("shard") || file.activeFormat() > ClusterFormat.FIRST
                    ? ""
                    : "THE CLUSTER'S ACTIVE VERSION IS 1: run this build on every node before this one is started (older"
                            + " replicas of the shard cannot read its log from here on), and CLUSTER FORGET lost nodes that"
                            + " do not come back empty. Its slots are served once CLUSTER INFO shows"
                            + " cluster_active_version:2.\n";
        }

        private static String plan(Replica replica, String self, GroupRecovery.Found found) {
            String lost =
                    nodes(found.voters().stream().filter(id -> !id.equals(self)).toList());
            long uncertain = found.lastIndex() - found.committedIndex();
            return "RECOVERY OF "
                    + replica.name().toUpperCase(java.util.Locale.ROOT).replace("THE ", "") + " FROM NODE " + self
                    + "\n"
                    + "before: voters " + nodes(found.voters())
                    + (found.oldVoters().isEmpty() ? "" : " (from " + nodes(found.oldVoters()) + ")")
                    + ", learners " + nodes(found.learners()) + "\n"
                    + "this replica: last entry index " + found.lastIndex() + ", term " + found.lastTerm()
                    + ", highest term seen " + found.voteTerm() + ", snapshot up to " + found.snapshotIndex() + "\n"
                    + "LOST: whatever was acknowledged after entry " + found.lastIndex() + " of term "
                    + found.lastTerm()
                    + ", which only these could know: " + lost + "\n"
                    + "KEPT ALTHOUGH UNCERTAIN: " + uncertain + " entries, " + (found.committedIndex() + 1) + " to "
                    + found.lastIndex()
                    + ": this replica does not know that they were committed. Their clients may have"
                    + " been told nothing or an error; they take effect now.\n"
                    + "NEVER START AGAIN with their data: " + lost
                    + ". Delete their directories; empty ones may come back at"
                    + " the same addresses and join by themselves.\n";
        }

        private static void write(Path file, String text) throws IOException {
            Path absolute = file.toAbsolutePath();
            Files.write(absolute, text.getBytes(StandardCharsets.UTF_8));
            try (var channel = java.nio.channels.FileChannel.open(absolute, java.nio.file.StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Path parent = absolute.getParent();
            if (parent != null) {
                DurableFile.syncDirectory(parent);
            }
        }
    }

    /** {@code cairn recover shard}. */
    @Command(
            name = "shard",
            description = "Make this node the only voter of its shard. The meta group must live, or be recovered too.",
            mixinStandardHelpOptions = true)
    static final class OfShard extends Change {
        @Override
        @Nullable
        Replica replica(StoppedNode node) {
            return node.shard();
        }

        @Override
        ByteBuffer mark(String recoveryId) {
            return ShardRecovery.mark();
        }

        @Override
        String kind() {
            return "shard";
        }
    }

    /** {@code cairn recover meta}. */
    @Command(
            name = "meta",
            description =
                    "Make this node the only voter of the meta group. Every shard then says once which slots it has;"
                            + " recovered shards serve after that.",
            mixinStandardHelpOptions = true)
    static final class OfMeta extends Change {
        @Option(
                names = "--lost-shard",
                paramLabel = "ID",
                description = "A shard of which no replica is left: the others do not wait for it. May be repeated.")
        List<String> lostShards = List.of();

        @Override
        Replica replica(StoppedNode node) {
            return node.meta();
        }

        @Override
        void check(Replica replica) throws IOException {
            if (lostShards.isEmpty()) {
                return;
            }
            ClusterMap map = StoredMap.read(replica.directory());
            for (String id : lostShards) {
                if (map.shard(id) == null) {
                    throw new IOException("--lost-shard " + id + ": this node knows of no such shard, but of "
                            + nodes(map.shards().stream().map(Shard::id).toList()));
                }
            }
        }

        @Override
        ByteBuffer mark(String recoveryId) {
            return Recovery.mark(recoveryId, lostShards);
        }

        @Override
        String kind() {
            return "meta";
        }
    }
}
