package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A storage in memory that loses power as a real one may: bytes that were not forced are kept, lost or torn sector by
 * sector, in any combination; of the names, renames and deletes since a directory was synced some first part survives.
 * It can also fail a write or a force, be full, and lie about forcing. Seeded; thread-safe.
 */
public final class CrashStorage implements Storage {
    /** What a torn write is torn into, bytes. */
    public static final int SECTOR_BYTES = 512;

    private final AtomicLong reads = new AtomicLong();

    /** How often files were read. */
    long reads() {
        return reads.get();
    }

    /** The storage has no power: what is open is dead until {@link #restart}. */
    public static final class PowerLoss extends IOException {
        private static final long serialVersionUID = 1L;

        PowerLoss() {
            super("power lost");
        }
    }

    private static final class Inode {
        byte[] bytes = new byte[0];
        byte[] durable = new byte[0];
        final List<Write> unforced = new ArrayList<>();
    }

    private record Write(int position, byte[] bytes) {}

    /** A change of a directory: {@code from} loses its name, {@code to} gets {@code inode}; either may be null. */
    private record NameChange(
            @Nullable Path from,
            @Nullable Path to,
            @Nullable Inode inode) {}

    private final Random random;
    private final Map<Path, Inode> names = new TreeMap<>();
    private final Map<Path, Inode> durableNames = new TreeMap<>();
    private final Map<Path, List<NameChange>> unsynced = new HashMap<>();
    private boolean dead;
    private int lives;
    private long operations;
    private long crashAt = Long.MAX_VALUE;
    private long failWriteAt = Long.MAX_VALUE;
    private long failForceAt = Long.MAX_VALUE;
    private long capacityBytes = Long.MAX_VALUE;
    private boolean forceLies;
    private boolean keepAllOnCrash;
    private int tearBytes = SECTOR_BYTES;
    private long writes;
    private long forces;

    public CrashStorage(long seed) {
        this.random = new Random(seed);
    }

    // ---- the faults ----

    /** Loses power in the middle of the n-th operation from now (1 is the next) that changes something. */
    public synchronized void crashAtOperation(long n) {
        crashAt = operations + n;
    }

    /** Operations so far that changed something: writes, forces, names, directory syncs. */
    public synchronized long operations() {
        return operations;
    }

    /** The n-th write from now fails. */
    public synchronized void failWrite(long n) {
        failWriteAt = writes + n;
    }

    /** The n-th force from now fails, and what it should have forced stays unforced. */
    public synchronized void failForce(long n) {
        failForceAt = forces + n;
    }

    /** Files may grow up to this many bytes in total. */
    public synchronized void setCapacity(long bytes) {
        capacityBytes = bytes;
    }

    /** Forces and directory syncs do nothing from now on, but say they did. */
    public synchronized void forceLies() {
        forceLies = true;
    }

    /** What a torn write is torn into: 1 for single bytes, {@link #SECTOR_BYTES} by default. */
    public synchronized void tearInto(int bytes) {
        tearBytes = bytes;
    }

    /** The next crash is the death of the process only: the operating system still writes everything. */
    public synchronized void keepAllOnCrash(boolean keep) {
        keepAllOnCrash = keep;
    }

    /** Loses power now. */
    public synchronized void crash() {
        dead = true;
    }

    public synchronized boolean isDead() {
        return dead;
    }

    /** Power is back: files hold what survived. Handles opened before stay dead. */
    public synchronized void restart() {
        for (Map.Entry<Path, List<NameChange>> directory : unsynced.entrySet()) {
            List<NameChange> changes = directory.getValue();
            int survive = keepAllOnCrash ? changes.size() : random.nextInt(changes.size() + 1);
            for (NameChange change : changes.subList(0, survive)) {
                apply(change, durableNames);
            }
        }
        unsynced.clear();
        names.clear();
        names.putAll(durableNames);
        for (Inode inode : names.values()) {
            survive(inode);
        }
        dead = false;
        keepAllOnCrash = false;
        crashAt = Long.MAX_VALUE;
        failWriteAt = Long.MAX_VALUE;
        failForceAt = Long.MAX_VALUE;
        lives++;
    }

    private void survive(Inode inode) {
        byte[] bytes = inode.durable;
        int style = random.nextInt(4);
        for (Write write : inode.unforced) {
            if (keepAllOnCrash || style == 0) {
                bytes = patch(bytes, write.position, write.bytes, 0, write.bytes.length);
            } else if (style > 1) {
                bytes = tear(bytes, write);
            } // Style 1: all of it is lost.
        }
        inode.bytes = bytes.clone();
        inode.durable = bytes;
        inode.unforced.clear();
    }

    private byte[] tear(byte[] bytes, Write write) {
        byte[] result = bytes;
        int at = 0;
        while (at < write.bytes.length) {
            int n = Math.min(tearBytes - (write.position + at) % tearBytes, write.bytes.length - at);
            if (random.nextBoolean()) {
                result = patch(result, write.position + at, write.bytes, at, n);
            }
            at += n;
        }
        return result;
    }

    private static byte[] patch(byte[] target, int position, byte[] source, int from, int length) {
        byte[] result = target.length < position + length ? Arrays.copyOf(target, position + length) : target.clone();
        System.arraycopy(source, from, result, position, length);
        return result;
    }

    /** The bytes of a file, to be damaged by a test and put back. */
    public synchronized byte[] bytes(Path file) {
        Inode inode = names.get(key(file));
        if (inode == null) {
            throw new IllegalArgumentException("no file " + file);
        }
        return inode.bytes.clone();
    }

    /** Replaces the bytes of a file, durably. */
    public synchronized void setBytes(Path file, byte[] bytes) {
        Inode inode = names.computeIfAbsent(key(file), f -> new Inode());
        inode.bytes = bytes.clone();
        inode.durable = bytes.clone();
        inode.unforced.clear();
        durableNames.put(key(file), inode);
    }

    /** All files there are. */
    public synchronized List<Path> files() {
        return new ArrayList<>(names.keySet());
    }

    // ---- the storage ----

    private void step(@Nullable Runnable halfDone) throws IOException {
        if (dead) {
            throw new PowerLoss();
        }
        operations++;
        if (operations >= crashAt) {
            if (halfDone != null) {
                halfDone.run();
            }
            dead = true;
            throw new PowerLoss();
        }
    }

    private static Path key(Path file) {
        return file.toAbsolutePath().normalize();
    }

    private static Path directoryOf(Path file) {
        Path parent = key(file).getParent();
        return parent == null ? key(file) : parent;
    }

    private void change(NameChange change) {
        Path file = change.to != null ? change.to : change.from;
        if (file == null) {
            throw new IllegalArgumentException("a change of no name");
        }
        unsynced.computeIfAbsent(directoryOf(file), d -> new ArrayList<>()).add(change);
        apply(change, names);
    }

    private static void apply(NameChange change, Map<Path, Inode> to) {
        if (change.from != null) {
            to.remove(change.from);
        }
        if (change.to != null && change.inode != null) {
            to.put(change.to, change.inode);
        }
    }

    @Override
    public synchronized StorageFile open(Path file, Mode mode) throws IOException {
        if (dead) {
            throw new PowerLoss();
        }
        Inode inode = names.get(key(file));
        if (mode == Mode.CREATE) {
            step(null);
            inode = new Inode();
            change(new NameChange(null, key(file), inode));
        }
        if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return new File(file, inode, mode != Mode.READ, lives);
    }

    @Override
    public synchronized boolean exists(Path file) throws IOException {
        if (dead) {
            throw new PowerLoss();
        }
        return names.containsKey(key(file));
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        step(null);
        Inode inode = names.get(key(from));
        if (inode == null) {
            throw new NoSuchFileException(from.toString());
        }
        change(new NameChange(key(from), key(to), inode));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        if (names.containsKey(key(file))) {
            step(null);
            change(new NameChange(key(file), null, null));
        }
    }

    @Override
    public synchronized List<String> list(Path directory) throws IOException {
        if (dead) {
            throw new PowerLoss();
        }
        List<String> found = new ArrayList<>();
        for (Path file : names.keySet()) {
            if (directoryOf(file).equals(key(directory))) {
                found.add(String.valueOf(file.getFileName()));
            }
        }
        return found;
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        if (dead) {
            throw new PowerLoss();
        }
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        step(null);
        List<NameChange> changes = forceLies ? null : unsynced.remove(key(directory));
        if (changes != null) {
            for (NameChange change : changes) {
                apply(change, durableNames);
            }
        }
    }

    private long usedBytes() {
        long used = 0;
        for (Inode inode : names.values()) {
            used += inode.bytes.length;
        }
        return used;
    }

    private final class File implements StorageFile {
        private final Path path;
        private final Inode inode;
        private final boolean writable;
        private final int life;
        private boolean closed;

        File(Path path, Inode inode, boolean writable, int life) {
            this.path = path;
            this.inode = inode;
            this.writable = writable;
            this.life = life;
        }

        private void check() throws IOException {
            if (dead || life != lives) {
                throw new PowerLoss();
            }
            if (closed) {
                throw new IOException("closed: " + path);
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            reads.incrementAndGet();
            synchronized (CrashStorage.this) {
                check();
                int n = (int) Math.max(0, Math.min(target.remaining(), inode.bytes.length - position));
                if (n > 0) {
                    target.put(inode.bytes, (int) position, n);
                }
                return n;
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (CrashStorage.this) {
                check();
                if (!writable) {
                    throw new IOException("opened for reading: " + path);
                }
                byte[] bytes = new byte[source.remaining()];
                source.get(bytes);
                writes++;
                if (writes == failWriteAt) {
                    throw new IOException("Input/output error");
                }
                long growth = position + bytes.length - inode.bytes.length;
                if (growth > 0 && usedBytes() + growth > capacityBytes) {
                    throw new NoSpaceException("no space left for " + path);
                }
                step(() -> put((int) position, Arrays.copyOf(bytes, random.nextInt(bytes.length + 1))));
                put((int) position, bytes);
            }
        }

        private void put(int position, byte[] bytes) {
            if (inode.bytes.length < position + bytes.length) {
                inode.bytes = Arrays.copyOf(inode.bytes, position + bytes.length);
            }
            System.arraycopy(bytes, 0, inode.bytes, position, bytes.length);
            inode.unforced.add(new Write(position, bytes));
        }

        @Override
        public void force(boolean metadata) throws IOException {
            synchronized (CrashStorage.this) {
                check();
                forces++;
                if (forces == failForceAt) {
                    throw new IOException("Input/output error");
                }
                step(null);
                if (forceLies) {
                    return;
                }
                for (Write write : inode.unforced) {
                    if (inode.durable.length < write.position + write.bytes.length) {
                        inode.durable = Arrays.copyOf(inode.durable, write.position + write.bytes.length);
                    }
                    System.arraycopy(write.bytes, 0, inode.durable, write.position, write.bytes.length);
                }
                inode.unforced.clear();
            }
        }

        @Override
        public long size() throws IOException {
            synchronized (CrashStorage.this) {
                check();
                return inode.bytes.length;
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
