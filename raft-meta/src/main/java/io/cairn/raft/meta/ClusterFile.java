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

    /** What a dissolved meta group's directory is renamed to: where it is there, this file counts no more. */
    static final String DISSOLVED = "dissolved";

    private static final String GIVEN_UP = "gone-";
    private static final String LEFT = "left-";
    private static final String ALONE = "alone-";

    /**
     * Written once the cluster's active version is above 1, which a build that knows only 1 cannot start with. 1, without a
     * seal and with the meta group always in {@code meta}, is written until then where that says all; 2, without the active
     * version, is read too.
     */
    private static final int VERSION = 3;

    /**
     * This node, the only one of its cluster, is about to join another one: it takes nobody in and changes its map no more
     * (SAFETY 18).
     *
     * @param clusterId the cluster it joins
     * @param hosts members of that, who are asked
     */
    record Seal(String clusterId, List<ClusterNode> hosts) {
        Seal {
            hosts = List.copyOf(hosts);
        }
    }

    private final Path file;
    private final String nodeId;
    private final String clusterId;
    private final @Nullable Layout layout;
    private volatile List<ClusterNode> peers;
    private volatile Set<String> opened;
    private volatile @Nullable Seal seal;
    private final String metaDirectory;
    private volatile int activeFormat = ClusterFormat.FIRST;

    private ClusterFile(
            Path file,
            String nodeId,
            String clusterId,
            @Nullable Layout layout,
            List<ClusterNode> peers,
            Set<String> opened,
            @Nullable Seal seal,
            String metaDirectory) {
        this.file = file;
        this.nodeId = nodeId;
        this.clusterId = clusterId;
        this.layout = layout;
        this.peers = List.copyOf(peers);
        this.opened = Set.copyOf(opened);
        this.seal = seal;
        this.metaDirectory = metaDirectory;
    }

    /** A node that forms the cluster with the others of the layout. On the disk when this returns. */
    static ClusterFile formed(Path directory, String nodeId, Layout layout) throws IOException {
        ClusterFile made = new ClusterFile(
                directory.resolve(NAME),
                nodeId,
                layout.clusterId(),
                layout,
                layout.nodes(),
                Set.of(),
                null,
                MetaGroup.GROUP_ID);
        made.writeFirst();
        return made;
    }

    /** A node that was taken into a running cluster; {@code peers} are members of the meta group. */
    static ClusterFile adopted(Path directory, String nodeId, String clusterId, List<ClusterNode> peers)
            throws IOException {
        ClusterFile made = new ClusterFile(
                directory.resolve(NAME), nodeId, clusterId, null, peers, Set.of(), null, MetaGroup.GROUP_ID);
        made.writeFirst();
        return made;
    }

    /** What is left of a dissolved group would take this file for the one of that. */
    private void writeFirst() throws IOException {
        DurableFile.deleteTree(file.resolveSibling(DISSOLVED));
        write(peers, opened);
    }

    /**
     * This node has left its own cluster for another one that admitted it. Its shard's replica goes with it; the new meta
     * group gets a directory of its own. On the disk when this returns.
     */
    ClusterFile moved(String toCluster, List<ClusterNode> hosts) throws IOException {
        Set<String> kept = new TreeSet<>(opened);
        kept.remove(MetaGroup.GROUP_ID);
        kept.add(ALONE + clusterId);
        ClusterFile made = new ClusterFile(
                file, nodeId, toCluster, null, hosts, kept, null, MetaGroup.GROUP_ID + "-" + toCluster.substring(0, 8));
        made.activeFormat = activeFormat;
        made.write(made.peers, kept);
        return made;
    }

    /** Seals this node's cluster, or with null breaks the seal. On the disk when this returns. */
    synchronized void setSeal(@Nullable Seal to) throws IOException {
        Seal before = seal;
        seal = to;
        try {
            write(peers, opened);
        } catch (IOException e) {
            seal = before;
            throw e;
        }
    }

    @Nullable
    Seal seal() {
        return seal;
    }

    /** Remembers the cluster's active version: an older build must not start here. Blocks. */
    synchronized void setActiveFormat(int active) throws IOException {
        if (active > activeFormat) {
            int before = activeFormat;
            activeFormat = active;
            try {
                write(peers, opened);
            } catch (IOException e) {
                activeFormat = before;
                throw e;
            }
        }
    }

    /** The cluster's active version as this node knew it last. */
    public int activeFormat() {
        return activeFormat;
    }

    /** Where the meta group's replica lies, in the node's directory. */
    public String metaDirectory() {
        return metaDirectory;
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
        if (!Files.exists(file) || Files.exists(directory.resolve(DISSOLVED))) {
            return null;
        }
        try {
            return MetaCodec.whole(new WireReader(DurableFile.read(file)), in -> decode(file, in));
        } catch (FormatException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static ClusterFile decode(Path file, WireReader in) {
        int version = in.u8();
        if (version < 1 || version > VERSION) {
            throw new FormatException("format version " + version + ", this build knows up to " + VERSION);
        }
        String nodeId = in.text();
        String clusterId = in.text();
        boolean formed = in.u8() == 1;
        Layout layout = formed ? MetaCodec.readLayout(in) : null;
        List<ClusterNode> peers = MetaCodec.readNodes(in);
        Set<String> opened = Set.copyOf(new TreeSet<>(in.texts()));
        String metaDirectory = version == 1 ? MetaGroup.GROUP_ID : in.text();
        if (!metaDirectory.matches("meta(-[0-9a-f]{8})?")) {
            throw new FormatException("no name of a directory: " + metaDirectory);
        }
        Seal seal = version > 1 && in.u8() == 1 ? new Seal(in.text(), MetaCodec.readNodes(in)) : null;
        ClusterFile found = new ClusterFile(file, nodeId, clusterId, layout, peers, opened, seal, metaDirectory);
        if (version > 2) {
            found.activeFormat = in.i32();
            ClusterFormat.require(found.activeFormat);
        }
        return found;
    }

    private void write(List<ClusterNode> nodes, Set<String> openedGroups) throws IOException {
        Seal now = seal;
        boolean first = activeFormat == ClusterFormat.FIRST && now == null && metaDirectory.equals(MetaGroup.GROUP_ID);
        WireWriter out = new WireWriter().u8(first ? 1 : VERSION).text(nodeId).text(clusterId);
        if (layout == null) {
            out.u8(0);
        } else {
            MetaCodec.writeLayout(out.u8(1), layout);
        }
        MetaCodec.writeNodes(out, nodes);
        out.texts(List.copyOf(new TreeSet<>(openedGroups)));
        if (first) {
            DurableFile.write(file, out.toBytes());
            return;
        }
        out.text(metaDirectory);
        if (now == null) {
            out.u8(0);
        } else {
            MetaCodec.writeNodes(out.u8(1).text(now.clusterId()), now.hosts());
        }
        out.i32(activeFormat);
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
    public List<ClusterNode> peers() {
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

    /** To be called when a replica is about to be deleted: whoever starts here goes on with that. On the disk when this returns. */
    public synchronized void markGivenUp(String groupId) throws IOException {
        Set<String> next = new TreeSet<>(opened);
        next.remove(groupId);
        next.add(GIVEN_UP + groupId);
        write(peers, next);
        opened = Set.copyOf(next);
    }

    /** The group is no more, and its files are gone: it is never opened again here. On the disk when this returns. */
    public synchronized void markEnded(String groupId) throws IOException {
        Set<String> next = new TreeSet<>(opened);
        next.remove(groupId);
        next.add(LEFT + groupId);
        write(peers, next);
        opened = Set.copyOf(next);
    }

    /**
     * True once the group's replica was given up here: a new one under this node's id would be an empty log that votes, or
     * begins the group a second time (SAFETY 5). The map never wants one, but one that is read from the log may be old.
     */
    public boolean hasLeft(String groupId) {
        return opened.contains(LEFT + groupId) || opened.contains(GIVEN_UP + groupId);
    }

    /** True once this node has left that cluster, of which it was the only node, for another. */
    boolean hasLeftAlone(String leftCluster) {
        return opened.contains(ALONE + leftCluster);
    }

    /** True while a replica that was given up may still lie on the disk. */
    public boolean isGivingUp() {
        return opened.stream().anyMatch(id -> id.startsWith(GIVEN_UP));
    }

    /** What was given up is deleted, and never opened again here. On the disk when this returns. */
    public synchronized void markDeleted() throws IOException {
        Set<String> next = new TreeSet<>();
        opened.forEach(id -> next.add(id.startsWith(GIVEN_UP) ? LEFT + id.substring(GIVEN_UP.length()) : id));
        write(peers, next);
        opened = Set.copyOf(next);
    }

    /** Remembers where the cluster's nodes are, for the time after a restart before the map is known. Blocks. */
    synchronized void setPeers(List<ClusterNode> nodes) throws IOException {
        if (!nodes.equals(peers)) {
            write(nodes, opened);
            peers = List.copyOf(nodes);
        }
    }

    /** Writes it as it is. On the disk when this returns. Any thread. */
    synchronized void save() throws IOException {
        write(peers, opened);
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
