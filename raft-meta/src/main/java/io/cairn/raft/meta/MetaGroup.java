package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** This node's part in the meta group: its replica, the latest map and the way to change it. Any thread. */
public final class MetaGroup implements AutoCloseable {
    private final MetaOptions options;
    private volatile ClusterMap map = ClusterMap.EMPTY;

    public MetaGroup(MetaOptions options, GroupHost host, AddressBook addresses, NodeDirectory directory) {
        this.options = options;
    }

    /** Opens what the data directory holds; a node that was never formed waits for a layout or an adoption. Blocks. */
    public void start() throws IOException {
        if (!java.nio.file.Files.isDirectory(options.directory())) {
            throw new IOException("no data directory " + options.directory());
        }
    }

    /** The cluster this node belongs to, or empty. */
    public String clusterId() {
        return map.clusterId();
    }

    /** The latest applied map of this replica. */
    public ClusterMap map() {
        return map;
    }

    /** Tells {@code listener} each new map, on the apply thread: it must be quick and must not throw. */
    public void onChange(Consumer<ClusterMap> listener) {
        listener.accept(map);
    }

    /** Forms a fresh cluster: gives the layout to all its nodes, this one included; done when all have it. */
    public CompletableFuture<@Nullable Void> form(Layout layout) {
        return CompletableFuture.failedFuture(new IOException("not built yet " + layout));
    }

    /** Proposes from any node: forwarded to the leader, retried while it is surely not taken, a bounded time. */
    public CompletableFuture<MetaResult> propose(MetaCommand command) {
        return CompletableFuture.completedFuture(MetaResult.notTaken("not built yet " + command));
    }

    /** The replica's state, or null before there is one. */
    public @Nullable GroupStatus status() {
        return null;
    }

    @Override
    public void close() {}
}
