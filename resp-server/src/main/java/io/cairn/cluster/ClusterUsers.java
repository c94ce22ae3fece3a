package io.cairn.cluster;

import io.cairn.acl.Acl;
import io.cairn.acl.SharedUsers;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterValue;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ACL users as named values of the meta map: {@code acl/<name>} to {@code =<rules>}, or to {@code -} once the user is deleted, so that a node that had it
 * from its own configuration deletes it too. What the map says is in force here, whatever the configuration says.
 *
 * <p>A copy is in the node's directory: after a start the map is empty, or an old one, until the others have told what is in it. Until then the users of the
 * last time are in force, by their versions.
 */
final class ClusterUsers implements SharedUsers, SharedValues.Taker {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterUsers.class);
    private static final String PREFIX = "acl/";
    private static final String DELETED = "-";
    private static final String FILE = "users.acl";

    private final Acl acl;
    private final MetaGroup meta;
    private final Path file;
    private final Executor background;
    private final SharedValues values;
    /** Completes when what was taken last is in the file, and who must not listen any more does not. */
    private volatile CompletableFuture<?> settled = CompletableFuture.completedFuture(null);

    /** @param background runs what writes the file */
    ClusterUsers(Acl acl, MetaGroup meta, Path directory, Executor background) {
        this.acl = acl;
        this.meta = meta;
        this.file = directory.resolve(FILE);
        this.background = background;
        this.values = new SharedValues(meta, PREFIX, this);
        values.follow();
    }

    @Override
    public boolean isShared() {
        return values.isShared();
    }

    @Override
    public CompletableFuture<?> current() {
        return meta.current().thenCompose(map -> meta.await(map.version()));
    }

    @Override
    public CompletableFuture<String> set(List<Change> changes) {
        return values.set(changes.stream()
                        .map(change ->
                                new MetaCommand.Change(PREFIX + change.name(), change.expected(), text(change.rules())))
                        .toList())
                .thenCompose(
                        why -> why.isEmpty() ? settled.thenApply(done -> "") : CompletableFuture.completedFuture(why));
    }

    private static String text(@Nullable String rules) {
        return rules == null ? DELETED : "=" + rules;
    }

    private static @Nullable String rules(String text) {
        return text.equals(DELETED) ? null : text.substring(1);
    }

    @Override
    public void begins(ClusterMap map, List<String> takenBefore) {
        acl.forgetVersions();
    }

    @Override
    public void take(ClusterMap map, String name, ClusterValue value) {
        CompletableFuture<?> closed = acl.take(name, value.version(), rules(value.text()));
        settled = settled.thenCompose(done -> closed);
    }

    @Override
    public void taken(ClusterMap map) {
        Map<String, ClusterValue> users = SharedValues.values(map, PREFIX);
        SharedValues.Origin from = SharedValues.Origin.of(map);
        settled = settled.thenRunAsync(() -> save(from, users), background);
    }

    /**
     * One line for each user: its name, a blank, its text. Lines that begin with a blank, which builds of before overlook: where the users are from, and before
     * each user its version.
     */
    private void save(SharedValues.Origin from, Map<String, ClusterValue> users) {
        StringBuilder lines = new StringBuilder();
        lines.append(' ').append(from.clusterId()).append(' ').append(from.recovery());
        lines.append('\n');
        users.forEach((name, value) -> {
            lines.append(' ').append(value.version()).append('\n');
            lines.append(name).append(' ').append(value.text()).append('\n');
        });
        try {
            DurableFile.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.error(
                    "the cluster's users could not be written to {}: after a start they are not in force at once",
                    file,
                    e);
        }
    }

    /** The users of the last time, before the node listens and its meta group starts. Blocks. */
    void restore() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        SharedValues.Origin from = SharedValues.Origin.NONE;
        Map<String, Long> versions = new HashMap<>();
        long version = 0;
        for (String line : new String(DurableFile.read(file), StandardCharsets.UTF_8).split("\n")) {
            int blank = line.indexOf(' ');
            int second = line.indexOf(' ', 1);
            if (blank > 0) {
                String name = line.substring(0, blank);
                acl.take(name, version, rules(line.substring(blank + 1)));
                versions.put(name, version);
                version = 0;
            } else if (second > 0) {
                from = new SharedValues.Origin(line.substring(1, second), line.substring(second + 1));
            } else if (blank == 0) {
                version = Long.parseLong(line.substring(1));
            }
        }
        values.resume(from, versions);
    }
}
