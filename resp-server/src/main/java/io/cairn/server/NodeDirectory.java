package io.cairn.server;

import io.cairn.aof.DirectoryLock;
import io.cairn.aof.LogException;
import io.cairn.raft.meta.DurableFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The data directory of one node, {@code dir/<port>}: held by a lock, named by {@code node.conf} (format version, node
 * id, port, and the cluster once it was in one). A directory of another node or of a newer format stops the start.
 */
public final class NodeDirectory implements AutoCloseable {
    /** Format of the directory that this build writes; it reads all up to this. */
    public static final int FORMAT = 1;

    static final String FILE = "node.conf";
    /** Where it lies, all else is to be deleted before anything is read: CLUSTER RESET. */
    private static final String RESET = "reset";

    private static final int ID_BYTES = 20;

    private final Path path;
    private final DirectoryLock lock;
    private final int port;
    private final String nodeId;
    private final boolean fresh;
    private volatile String clusterId;

    private NodeDirectory(Path path, DirectoryLock lock, int port, String nodeId, String clusterId, boolean fresh) {
        this.path = path;
        this.lock = lock;
        this.port = port;
        this.nodeId = nodeId;
        this.clusterId = clusterId;
        this.fresh = fresh;
    }

    /**
     * Opens the directory of the node with this port, making it if it is missing. The directory that it lies in must be
     * there, as Redis's dir must: a typing error would else begin an empty node.
     *
     * @throws StartException when {@code root} is not there, when it is in use, of another node, or of a newer format
     */
    public static NodeDirectory open(Path root, int port) throws StartException {
        if (!Files.isDirectory(root)) {
            throw new StartException("Can't chdir to '" + root + "': "
                    + (Files.exists(root) ? "Not a directory" : "No such file or directory"));
        }
        Path path = root.toAbsolutePath().normalize().resolve(Integer.toString(port));
        DirectoryLock lock;
        try {
            lock = DirectoryLock.acquire(path);
        } catch (LogException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
        try {
            if (Files.exists(path.resolve(RESET))) {
                wipe(path);
            }
            Path file = path.resolve(FILE);
            if (Files.exists(file)) {
                Map<String, String> values = values(file);
                String id = check(file, values, port);
                return new NodeDirectory(path, lock, port, id, values.getOrDefault("cluster", ""), false);
            }
            String id = newId();
            write(path, id, port, "");
            return new NodeDirectory(path, lock, port, id, "", true);
        } catch (IOException e) {
            release(lock);
            throw new StartException("cannot use the data directory " + path + ": " + e, e);
        } catch (StartException e) {
            release(lock);
            throw e;
        }
    }

    /** Deletes all but the lock, the mark last. */
    private static void wipe(Path path) throws IOException {
        List<Path> entries;
        try (Stream<Path> all = Files.list(path)) {
            entries = all.toList();
        }
        for (Path entry : entries) {
            String name = String.valueOf(entry.getFileName());
            if (!name.equals(RESET) && !name.equals(DirectoryLock.FILE)) {
                DurableFile.deleteTree(entry);
            }
        }
        DurableFile.syncDirectory(path);
        Files.delete(path.resolve(RESET));
    }

    /** All of this directory is to go before it is opened next: the node comes back as a new one. On the disk when this returns. */
    void markReset() throws IOException {
        DurableFile.write(path.resolve(RESET), new byte[0]);
    }

    private static void release(DirectoryLock lock) throws StartException {
        try {
            lock.close();
        } catch (LogException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, String> values(Path file) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            int space = line.indexOf(' ');
            if (space > 0 && line.charAt(0) != '#') {
                values.put(line.substring(0, space), line.substring(space + 1).strip());
            }
        }
        return values;
    }

    private static String check(Path file, Map<String, String> values, int port) throws StartException {
        String format = values.getOrDefault("format", "");
        if (!format.matches("[0-9]{1,9}")) {
            throw new StartException(file + " is damaged: it names no format");
        }
        if (Integer.parseInt(format) > FORMAT) {
            throw new StartException("the data directory " + file.getParent() + " has format " + format
                    + "; this version reads formats up to " + FORMAT);
        }
        String owner = values.getOrDefault("port", "");
        if (!owner.equals(Integer.toString(port))) {
            throw new StartException("the data directory " + file.getParent() + " belongs to the node of port " + owner
                    + ", not to port " + port);
        }
        String id = values.getOrDefault("id", "");
        if (!id.matches("[0-9a-f]{40}")) {
            throw new StartException(file + " is damaged: it names no node id");
        }
        return id;
    }

    private static void write(Path directory, String id, int port, String clusterId) throws IOException {
        String text = "# Cairn node identity. Do not edit.\nformat " + FORMAT + "\nid " + id + "\nport " + port + "\n"
                + (clusterId.isEmpty() ? "" : "cluster " + clusterId + "\n");
        Path fresh = directory.resolve(FILE + ".new");
        Files.writeString(fresh, text, StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(fresh, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** 40 random hex digits: a node id, a run id. */
    static String newId() {
        byte[] bytes = new byte[ID_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    public Path path() {
        return path;
    }

    /** 40 hex digits, for the life of the directory. */
    public String nodeId() {
        return nodeId;
    }

    /** The cluster that the node of this id was ever in or about to join, or empty. */
    String clusterId() {
        return clusterId;
    }

    /** Notes that this node joins a cluster; on the disk when this returns. */
    synchronized void joins(String joined) throws IOException {
        if (!joined.equals(clusterId)) {
            write(path, nodeId, port, joined);
            clusterId = joined;
        }
    }

    /** True when this start made the directory: a new incarnation. */
    public boolean fresh() {
        return fresh;
    }

    @Override
    public void close() throws LogException {
        lock.close();
    }
}
