package io.cairn.raft.group;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.codec.LogEntryDecoder;
import com.alipay.sofa.jraft.entity.codec.LogEntryEncoder;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import io.cairn.aof.DiskFullException;
import io.cairn.aof.Entry;
import io.cairn.aof.Log;
import io.cairn.aof.LogException;
import io.cairn.aof.SegmentedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The library's log over {@link Log}: a data entry's payload is stored as it is, with the entry type as the kind, so
 * that the log of a replica is the AOF of a standalone node byte for byte; only configuration entries are encoded.
 * The library changes it from one thread; reads come from many.
 */
final class AofLogStorage implements LogStorage {
    private static final Logger LOG = LoggerFactory.getLogger(AofLogStorage.class);
    static final byte DATA = (byte) EntryType.ENTRY_TYPE_DATA.getNumber();
    static final byte CONFIGURATION = (byte) EntryType.ENTRY_TYPE_CONFIGURATION.getNumber();

    /** Pause before a replica with a full disk tries again to append what it was sent. */
    static final int FULL_DISK_RETRY_MILLIS = 100;

    private final Log log;
    private final Path snapshots;
    private final GroupHealth health;
    private volatile @Nullable LogEntryEncoder encoder;
    private volatile @Nullable LogEntryDecoder decoder;
    private volatile boolean stopping;
    private volatile long durableIndex;
    private final LatePurge purge;

    AofLogStorage(Log log, Path snapshots, GroupHealth health) {
        this.log = log;
        this.purge = new LatePurge(log);
        this.snapshots = snapshots;
        this.health = health;
        this.durableIndex = log.lastIndex();
    }

    Log log() {
        return log;
    }

    /** The last entry whose append has returned. */
    long durableIndex() {
        return durableIndex;
    }

    /** Lets an append that waits for disk space give up. */
    void stopping() {
        stopping = true;
    }

    @Override
    public boolean init(LogStorageOptions options) {
        encoder = options.getLogEntryCodecFactory().encoder();
        decoder = options.getLogEntryCodecFactory().decoder();
        try {
            findConfigurations(options.getConfigurationManager());
            return true;
        } catch (IOException e) {
            health.broken(e);
            return false;
        }
    }

    private void findConfigurations(ConfigurationManager configurations) throws IOException {
        if (log instanceof SegmentedLog segmented) {
            segmented.replay(log.firstIndex(), (index, term, kind, payload) -> {
                if (kind == CONFIGURATION) {
                    add(configurations, new Entry(index, term, kind, payload));
                }
            });
            return;
        }
        for (long index = log.firstIndex(); index <= log.lastIndex(); index++) {
            Entry entry = log.read(index);
            if (entry != null && entry.kind() == CONFIGURATION) {
                add(configurations, entry);
            }
        }
    }

    private void add(ConfigurationManager configurations, Entry entry) {
        LogEntry found = toLibrary(entry);
        Configuration old = found.getOldPeers() == null
                ? new Configuration()
                : new Configuration(found.getOldPeers(), found.getOldLearners());
        configurations.add(new ConfigurationEntry(
                new LogId(entry.index(), entry.term()), new Configuration(found.getPeers(), found.getLearners()), old));
    }

    /** Whether this many bytes may be proposed: a full disk must be found before anything is (SAFETY 11). */
    boolean hasRoom(long bytes) {
        return !(log instanceof SegmentedLog segmented) || segmented.hasRoom(bytes);
    }

    @Override
    public void shutdown() {
        try {
            purge.now();
            log.close();
        } catch (LogException e) {
            health.broken(e);
        }
    }

    @Override
    public long getFirstLogIndex() {
        return log.firstIndex();
    }

    @Override
    public long getLastLogIndex() {
        return log.lastIndex();
    }

    @Override
    public @Nullable LogEntry getEntry(long index) {
        try {
            Entry entry = log.read(index);
            return entry == null ? null : toLibrary(entry);
        } catch (LogException e) {
            health.broken(e);
            return null;
        }
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        try {
            return log.term(index);
        } catch (LogException e) {
            health.broken(e);
            return 0;
        }
    }

    private LogEntry toLibrary(Entry entry) {
        LogEntry converted;
        if (entry.kind() == CONFIGURATION) {
            byte[] bytes = new byte[entry.payload().remaining()];
            entry.payload().duplicate().get(bytes);
            LogEntryDecoder codec = decoder;
            converted = codec == null ? null : codec.decode(bytes);
            if (converted == null) {
                throw new IllegalStateException("configuration entry " + entry.index() + " cannot be read");
            }
        } else {
            converted = new LogEntry(EntryType.forNumber(entry.kind()));
            converted.setData(entry.payload());
        }
        converted.setId(new LogId(entry.index(), entry.term()));
        return converted;
    }

    private Entry fromLibrary(LogEntry entry) {
        ByteBuffer payload;
        if (entry.getType() == EntryType.ENTRY_TYPE_CONFIGURATION) {
            LogEntryEncoder codec = encoder;
            if (codec == null) {
                throw new IllegalStateException("not opened");
            }
            payload = ByteBuffer.wrap(codec.encode(entry));
        } else {
            payload = entry.getData() == null
                    ? LogEntry.EMPTY_DATA
                    : entry.getData().duplicate();
        }
        LogId id = entry.getId();
        return new Entry(id.getIndex(), id.getTerm(), (byte) entry.getType().getNumber(), payload);
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        return appendEntries(List.of(entry)) == 1;
    }

    /** Blocks until the batch is durable. A full disk is waited out: nothing is acknowledged meanwhile. */
    @Override
    public int appendEntries(List<LogEntry> entries) {
        List<Entry> batch = new ArrayList<>(entries.size());
        for (LogEntry entry : entries) {
            batch.add(fromLibrary(entry));
        }
        try {
            while (true) {
                try {
                    log.append(batch);
                    health.diskFull(false);
                    durableIndex = log.lastIndex();
                    return entries.size();
                } catch (DiskFullException e) {
                    if (stopping) {
                        throw e;
                    }
                    health.diskFull(true);
                    if (purge.now()) {
                        continue;
                    }
                    Thread.sleep(FULL_DISK_RETRY_MILLIS);
                }
            }
        } catch (LogException e) {
            health.broken(e);
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            health.broken(e);
            return 0;
        }
    }

    @Override
    public boolean truncatePrefix(long firstIndexKept) {
        try {
            // The snapshot that replaces these entries must outlive a power cut before they go.
            SnapshotFiles.forceDirectories(snapshots);
            if (firstIndexKept > log.lastIndex() + 1) {
                purge.forget();
                log.reset(firstIndexKept);
            } else {
                purge.ask(firstIndexKept, System.nanoTime());
            }
            durableIndex = log.lastIndex();
            return true;
        } catch (IOException e) {
            health.broken(e);
            return false;
        }
    }

    /** From time to time: purges what was given up a while ago, or at once while the disk has no space. */
    void tick(long nowNanos) {
        try {
            if (hasRoom(1)) {
                purge.tick(nowNanos);
            } else {
                purge.now();
            }
        } catch (LogException e) {
            health.broken(e);
        }
    }

    @Override
    public boolean truncateSuffix(long lastIndexKept) {
        try {
            durableIndex = Math.min(durableIndex, lastIndexKept);
            log.truncateSuffix(lastIndexKept);
            return true;
        } catch (LogException e) {
            health.broken(e);
            return false;
        }
    }

    @Override
    public boolean reset(long nextLogIndex) {
        try {
            SnapshotFiles.forceDirectories(snapshots);
            purge.forget();
            log.reset(nextLogIndex);
            durableIndex = log.lastIndex();
            LOG.info("log reset, next index {}", nextLogIndex);
            return true;
        } catch (IOException e) {
            health.broken(e);
            return false;
        }
    }
}
