package io.cairn.raft.meta;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code cluster.conf} in a node's directory: which cluster it belongs to, how it came into it, and which group replicas
 * it has opened. A replica that was opened once and whose directory is empty now lost its log: it must not vote as if it
 * had never held anything (SAFETY 5). The cluster thread alone writes it; reads from any thread.
 */
public final class ClusterFile {
    /** Its name in the node's directory. */
    public static final String NAME = "cluster.conf";

    private static final int VERSION = 1;

    private final Path file;
    private final String nodeId;
    private final String clusterId;
    private final @Nullable Layout layout;
    private volatile List<ClusterNode> peers;
    private volatile Set<String> opened;

    private ClusterFile(
            Path file,
            String nodeId,
            String clusterId,
            @Nullable Layout layout,
            List<ClusterNode> peers,
            Set<String> opened) {
        this.file = file;
        this.nodeId = nodeId;
        this.clusterId = clusterId;
        this.layout = layout;
        this.peers = List.copyOf(peers);
        this.opened = Set.copyOf(opened);
    }

    /** A node that forms the cluster with the others of the layout. On the disk when this returns. */
    static ClusterFile formed(Path directory, String nodeId, Layout layout) throws IOException {
        ClusterFile made =
                new ClusterFile(directory.resolve(NAME), nodeId, layout.clusterId(), layout, layout.nodes(), Set.of());
        made.write(made.peers, Set.of());
        return made;
    }

    /** A node that was taken into a running cluster; {@code peers} are members of the meta group. */
    static ClusterFile adopted(Path directory, String nodeId, String clusterId, List<ClusterNode> peers)
            throws IOException {
        ClusterFile made = new ClusterFile(directory.resolve(NAME), nodeId, clusterId, null, peers, Set.of());
        made.write(made.peers, Set.of());
        return made;
    }

    /**
     * What the directory holds, or null when this node is in no cluster yet.
     *
     * @throws IOException when the file is damaged, of a newer format or of another node
     */
    public static @Nullable ClusterFile read(Path directory, String nodeId) throws IOException {
        ClusterFile found = readAny(directory);
        if (found != null && !found.nodeId.equals(nodeId)) {
            throw new IOException(found.file + " belongs to node " + found.nodeId + ", this is node " + nodeId);
        }
        return found;
    }

    /** The cluster id that a directory holds, or null; for whoever starts the Raft host. */
    public static @Nullable String clusterIdIn(Path directory) throws IOException {
        ClusterFile found = readAny(directory);
        return found == null ? null : found.clusterId;
    }

    private static @Nullable ClusterFile readAny(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            return MetaCodec.whole(new WireReader(DurableFile.read(file)), in -> decode(file, in));
        } catch (FormatException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static ClusterFile decode(Path file, WireReader in) {
        MetaCodec.requireVersion(in);
        String nodeId = in.text();
        String clusterId = in.text();
        boolean formed = in.u8() == 1;
        Layout layout = formed ? MetaCodec.readLayout(in) : null;
        List<ClusterNode> peers = MetaCodec.readNodes(in);
        Set<String> opened = Set.copyOf(new TreeSet<>(in.texts()));
        return new ClusterFile(file, nodeId, clusterId, layout, peers, opened);
    }

    private void write(List<ClusterNode> nodes, Set<String> openedGroups) throws IOException {
        WireWriter out = new WireWriter().u8(VERSION).text(nodeId).text(clusterId);
        if (layout == null) {
            out.u8(0);
        } else {
            MetaCodec.writeLayout(out.u8(1), layout);
        }
        MetaCodec.writeNodes(out, nodes);
        out.texts(List.copyOf(new TreeSet<>(openedGroups)));
        DurableFile.write(file, out.toBytes());
    }

    public String clusterId() {
        return clusterId;
    }

    /** What this node was formed with, or null when it was adopted. */
    public @Nullable Layout layout() {
        return layout;
    }

    /** Nodes whose addresses are known before the map arrives. */
    List<ClusterNode> peers() {
        return peers;
    }

    /** True once the group's replica was opened here. */
    public boolean isOpened(String groupId) {
        return opened.contains(groupId);
    }

    /** To be called when a group's replica has been opened. On the disk when this returns. */
    public synchronized void markOpened(String groupId) throws IOException {
        if (!opened.contains(groupId)) {
            Set<String> next = new TreeSet<>(opened);
            next.add(groupId);
            write(peers, next);
            opened = Set.copyOf(next);
        }
    }

    /** Remembers where the cluster's nodes are, for the time after a restart before the map is known. Blocks. */
    synchronized void setPeers(List<ClusterNode> nodes) throws IOException {
        if (!nodes.equals(peers)) {
            write(nodes, opened);
            peers = List.copyOf(nodes);
        }
    }

    /** The groups whose replicas were opened here. */
    public Set<String> opened() {
        return opened;
    }

    /**
     * To be called before a group's replica is opened.
     *
     * @throws IOException when the replica was opened before and its directory is empty now
     */
    public void requireLog(String groupId, Path groupDirectory) throws IOException {
        if (isOpened(groupId) && isEmpty(groupDirectory)) {
            throw new IOException("the log of group " + groupId + " in " + groupDirectory
                    + " is gone although this node had it: voting without it could lose acknowledged writes."
                    + " Restore the directory, or empty " + file.getParent()
                    + " whole: the node then joins anew and fetches the data from the others");
        }
    }

    static boolean isEmpty(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return true;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            return !files.iterator().hasNext();
        }
    }
}
