package io.cairn.server;

import io.cairn.aof.LogException;
import io.cairn.aof.LogStats;
import io.cairn.command.Persistence;
import io.cairn.command.ServerState;
import io.cairn.config.BadValueException;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.config.SavePoint;
import io.cairn.keyspace.Keyspace;
import io.cairn.metrics.LogMetrics;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Journal;
import io.cairn.mode.Positions;
import io.cairn.mode.RecordClock;
import io.cairn.mode.StandaloneMode;
import io.cairn.rdb.FieldExpiryException;
import io.cairn.rdb.RdbReader;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps a standalone node's data: the log when {@code appendonly} is on, and dump.rdb. One snapshot is taken at a
 * time, whatever it is for.
 */
final class StandalonePersistence implements Persistence {
    /** After a failed automatic save, wait this long (Redis: CONFIG_BGSAVE_RETRY_DELAY). */
    private static final long RETRY_MILLIS = 5_000;

    private static final String IN_PROGRESS = "ERR Background save already in progress";

    private static final String FIELDS_EXPIRE =
            "ERR " + FieldExpiryException.TEXT + ": set rdb-form to 7.4, use appendonly, or take the expiries away";

    private static final Logger LOG = LoggerFactory.getLogger(StandalonePersistence.class);

    /** What a snapshot is taken for. */
    private enum Work {
        NONE,
        SAVE,
        REWRITE,
        /** For a follower of the changes. */
        FOLLOWER
    }

    private final NodeParts parts;
    private final StandaloneMode mode;
    private final RecordClock clock;
    private final Config config;
    private final DumpFile dump;
    private final ReplicationFile place;
    private volatile @Nullable StandaloneLog log;
    private volatile @Nullable ChangeStream stream;
    /** Between {@link #end} and {@link #beginAgain}. */
    private volatile boolean ended;

    // Guarded by this.
    private Work running = Work.NONE;
    private boolean saveScheduled;
    private boolean rewriteScheduled;
    private long workBeganMillis;
    private long lastSaveMillis;
    private long lastTryMillis;
    private boolean lastSaveOk = true;
    private long lastSaveSeconds = -1;
    private boolean lastRewriteOk = true;
    private long lastRewriteSeconds = -1;
    private long saves;
    private @Nullable Runnable bindLog;

    StandalonePersistence(NodeParts parts, StandaloneMode mode, RecordClock clock) {
        this.parts = parts;
        this.mode = mode;
        this.clock = clock;
        this.config = parts.config();
        this.dump = new DumpFile(parts.directory().path().resolve(config.get(Keys.DBFILENAME)));
        this.place = new ReplicationFile(parts.directory().path());
        this.lastSaveMillis = System.currentTimeMillis();
        config.onChange(Keys.APPENDONLY, this::appendOnly);
        config.onChange(Keys.APPENDFSYNC, setting -> {
            StandaloneLog current = log;
            if (current != null) {
                current.fsync(setting);
            }
        });
    }

    /** Whose history the data is a part of; before {@link #load}. */
    void stream(ChangeStream changes) {
        stream = changes;
    }

    private ChangeStream.@Nullable Position position() {
        ChangeStream changes = stream;
        return changes == null ? null : changes.saved();
    }

    /**
     * Brings the data in and opens the log.
     *
     * @param replica whether the node is to follow another: keys that are expired are its primary's to delete
     */
    void load(boolean replica) throws StartException {
        try {
            if (!config.get(Keys.APPENDONLY)) {
                loadDump(replica);
                place.delete();
                if (Files.exists(StandaloneLog.directory(parts))) {
                    LOG.warn(
                            "port {}: appendonly is off: the log in {} is not read and falls behind; delete it before a"
                                    + " start with appendonly (CONFIG SET appendonly yes begins a new one)",
                            config.port(),
                            StandaloneLog.directory(parts));
                }
                return;
            }
            StandaloneLog opened = StandaloneLog.open(parts, clock);
            log = opened;
            if (opened.empty() && loadDump(replica)) {
                LOG.info("port {}: the log was empty: it begins with {}", config.port(), config.get(Keys.DBFILENAME));
                take(Work.REWRITE);
            } else {
                restore(place.read(opened.commit().appendedIndex()), replica);
            }
            place.delete();
            mode.journal(opened.journal());
        } catch (IOException e) {
            throw new StartException("port " + config.port() + ": cannot load the data: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new StartException("port " + config.port() + ": not enough memory to load the data", e);
        }
    }

    /**
     * Loads the node's own RDB file. While it has none of its own, that of a Redis that ran in {@code dir} is taken; the node saves to
     * its own and leaves that one alone.
     *
     * @return true when there was a file
     */
    private boolean loadDump(boolean replica) throws IOException {
        if (dump.exists()) {
            loadDump(dump, replica);
            return true;
        }
        Path inherited = Path.of(config.get(Keys.DIR)).resolve(config.get(Keys.DBFILENAME));
        if (!Files.isRegularFile(inherited)) {
            return false;
        }
        if (config.ports().size() > 1) {
            LOG.warn("{} is not loaded: this process has several nodes; see 'cairn import'", inherited);
            return false;
        }
        LOG.info("port {}: no RDB file of its own yet: taking over {}", config.port(), inherited);
        loadDump(new DumpFile(inherited), replica);
        return true;
    }

    /** Where replicas may go on, even an expired key must be deleted by a command that they get. */
    private void loadDump(DumpFile file, boolean replica) throws IOException {
        boolean keepsExpired = replica || file.position() != null;
        restore(file.load(parts.keyspace(), keepsExpired ? 0 : clock.readTime()), replica);
    }

    private void restore(ChangeStream.@Nullable Position position, boolean replica) {
        ChangeStream changes = stream;
        if (changes != null && position != null) {
            changes.restore(position, !replica);
            LOG.info("port {}: the data is at {} of the history {}", config.port(), position.offset(), position.id());
        }
    }

    // ---- a primary's data

    /**
     * Replaces all data by a file's; the log begins anew with it. The log has the old data until then. Called by the thread that applies what the primary
     * sends, which appends nothing meanwhile.
     *
     * @return the database that the primary's stream is at, -1 when {@code current} said no
     */
    int replaceData(ReadableByteChannel file, ChangeStream.Position from, BooleanSupplier current) throws IOException {
        Keyspace keyspace = parts.keyspace();
        awaitQuiet(Work.REWRITE);
        boolean cleared = false;
        boolean done = false;
        try {
            Keyspace.@Nullable Snapshot data = null;
            long index = 0;
            int database;
            keyspace.setLoading(true);
            keyspace.lockAll();
            try {
                if (!current.getAsBoolean()) {
                    return -1;
                }
                cleared = true;
                mode.unlogged(log != null);
                clear();
                RdbReader reader = new RdbReader(file, keyspace, 0).accessedAt(clock.readTime());
                reader.load();
                String selected = reader.aux(Positions.DATABASE);
                database = selected != null && selected.matches("[0-9]{1,6}") ? Integer.parseInt(selected) : 0;
                mode.replaced(from.id(), from.offset(), database);
                LOG.info("port {}: loaded {} keys of the primary", config.port(), reader.loaded());
                StandaloneLog begins = log;
                if (begins != null) {
                    data = keyspace.beginSnapshot();
                    index = begins.commit().appendedIndex();
                }
                done = true;
            } finally {
                if (cleared && !done) {
                    clear();
                    mode.reloaded();
                }
                keyspace.unlockAll();
                keyspace.setLoading(false);
            }
            if (data != null) {
                snapshot(data, index);
            }
            return database;
        } catch (OutOfMemoryError e) {
            throw new IOException("not enough memory for the primary's data", e);
        } finally {
            released();
        }
    }

    private void snapshot(Keyspace.Snapshot data, long index) throws IOException {
        try {
            StandaloneLog current = java.util.Objects.requireNonNull(log);
            current.snapshot(index, clock.lastStamp(), data);
            mode.unlogged(false);
        } finally {
            data.cancel();
        }
    }

    // ---- CONFIG SET appendonly

    /**
     * Begins or ends the log while the node serves; blocks until the data there is, is in the new log's snapshot, or until
     * the old one is closed. Redis: startAppendOnly, stopAppendOnly.
     */
    private void appendOnly(boolean on) throws BadValueException {
        if (on == (log != null)) {
            return;
        }
        if (!begin(Work.REWRITE)) {
            throw new BadValueException("a snapshot is being taken: try again when it is done");
        }
        try {
            if (on) {
                beginLog();
            } else {
                endLog();
            }
            LOG.info("port {}: appendonly is {} now", config.port(), on ? "on" : "off");
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("port {}: turning appendonly {}", config.port(), on ? "on" : "off", e);
            throw new BadValueException("Unable to turn " + (on ? "on" : "off") + " AOF. Check server logs.");
        } finally {
            synchronized (this) {
                running = Work.NONE;
            }
        }
    }

    private void beginLog() throws IOException {
        StandaloneLog begun = StandaloneLog.begin(parts, clock);
        boolean done = false;
        try {
            Keyspace keyspace = parts.keyspace();
            Keyspace.Snapshot data;
            long index;
            keyspace.lockAll();
            try {
                data = keyspace.beginSnapshot();
                index = begun.commit().appendedIndex();
                mode.journal(begun.journal());
                log = begun;
            } finally {
                keyspace.unlockAll();
            }
            try {
                begun.snapshot(index, clock.lastStamp(), data);
                mode.unlogged(false);
                done = true;
            } finally {
                data.cancel();
            }
        } finally {
            if (!done) {
                detach();
                begun.close();
            }
        }
        bindLog();
    }

    private void endLog() throws LogException {
        StandaloneLog ended = log;
        detach();
        if (ended != null) {
            ended.close();
        }
    }

    /** From here on nothing is appended any more: records are under the stripes' locks. */
    private void detach() {
        parts.keyspace().lockAll();
        try {
            mode.journal(Journal.NONE);
            mode.unlogged(false);
            log = null;
        } finally {
            parts.keyspace().unlockAll();
        }
    }

    // ---- the log of gossip mode ends where a shard's raft log begins

    /** All that was appended is on the disk; answers the last entry. Nothing is appended meanwhile. Blocks. */
    long syncedEnd() throws IOException {
        StandaloneLog current = java.util.Objects.requireNonNull(log, "the node keeps a log");
        current.commit().sync();
        return current.commit().appendedIndex();
    }

    /** Closes the log; what it holds stays on disk. Snapshots that are under way are waited for, and none is begun any more. Blocks. */
    void end() throws IOException {
        if (ended) {
            return;
        }
        awaitQuiet(Work.REWRITE);
        ended = true;
        place.delete();
        endLog();
    }

    /** Nothing was loaded, for the data is a shard's. */
    synchronized void endUnopened() {
        ended = true;
        running = Work.REWRITE;
    }

    /** Begins a log anew with a snapshot of the data as it is. After {@link #end}. Blocks. */
    void beginAgain() throws IOException {
        try {
            beginLog();
            ended = false;
        } finally {
            released();
        }
    }

    // ---- taking snapshots

    /** Takes one snapshot, blocking; {@link #running} is the caller's to set. */
    private void take(Work work) throws IOException {
        Keyspace keyspace = parts.keyspace();
        Keyspace.Snapshot data;
        long changes;
        long index;
        ChangeStream.Position position;
        keyspace.lockAll();
        try {
            data = keyspace.beginSnapshot();
            changes = mode.changes();
            position = position();
            StandaloneLog current = log;
            index = current == null ? 0 : current.commit().appendedIndex();
        } finally {
            keyspace.unlockAll();
        }
        try {
            if (work == Work.SAVE) {
                dump.write(keyspace, data, position, !mustLoadInRedis70(), clock.readTime() / 1000);
                mode.saved(changes);
            } else {
                StandaloneLog current = java.util.Objects.requireNonNull(log);
                current.snapshot(index, clock.lastStamp(), data);
                mode.unlogged(false);
            }
        } finally {
            data.cancel();
        }
    }

    /** Takes a snapshot on this thread and notes how it went; true when it did well. */
    private boolean run(Work work) {
        boolean done = false;
        try {
            take(work);
            done = true;
        } catch (FieldExpiryException e) {
            LOG.error("port {}: not saved: {}", config.port(), FIELDS_EXPIRE);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("port {}: {} failed", config.port(), work == Work.SAVE ? "saving" : "rewriting the log", e);
        }
        finish(work, done);
        return done;
    }

    private synchronized void finish(Work work, boolean done) {
        long now = System.currentTimeMillis();
        long seconds = (now - workBeganMillis) / 1000;
        running = Work.NONE;
        if (work == Work.SAVE) {
            lastSaveOk = done;
            lastSaveSeconds = seconds;
            lastTryMillis = now;
            if (done) {
                lastSaveMillis = now;
                saves++;
            }
            mode.snapshotFailed(!done && stopsWrites());
        } else {
            lastRewriteOk = done;
            lastRewriteSeconds = seconds;
        }
        LOG.info(
                "port {}: {} {} in {} ms",
                config.port(),
                work == Work.SAVE ? "saving dump.rdb" : "rewriting the log",
                done ? "done" : "failed",
                now - workBeganMillis);
    }

    private boolean stopsWrites() {
        return config.get(Keys.STOP_WRITES_ON_BGSAVE_ERROR)
                && !config.get(Keys.SAVE_POINTS).isEmpty();
    }

    private synchronized boolean begin(Work work) {
        if (running != Work.NONE) {
            return false;
        }
        running = work;
        workBeganMillis = System.currentTimeMillis();
        return true;
    }

    /** Claims the next snapshot for a follower of the changes; false while another is under way. */
    boolean beginFollower() {
        return begin(Work.FOLLOWER);
    }

    synchronized void endFollower() {
        running = Work.NONE;
    }

    private void inBackground(Work work) {
        parts.background().execute(() -> run(work));
    }

    // ---- commands

    private boolean mustLoadInRedis70() {
        return config.get(Keys.RDB_FORM).equals("7.0");
    }

    private boolean fieldsExpire() {
        return mustLoadInRedis70() && parts.keyspace().expiringHashes() > 0;
    }

    @Override
    public @Nullable String save() {
        if (fieldsExpire()) {
            return FIELDS_EXPIRE;
        }
        if (!begin(Work.SAVE)) {
            return IN_PROGRESS;
        }
        return run(Work.SAVE) ? null : "ERR saving failed; the log of the server says why";
    }

    @Override
    public String backgroundSave(boolean schedule) throws Refused {
        if (fieldsExpire()) {
            throw new Refused(FIELDS_EXPIRE);
        }
        synchronized (this) {
            if (running == Work.SAVE) {
                throw new Refused(IN_PROGRESS);
            }
            if (running != Work.NONE) {
                if (!schedule) {
                    throw new Refused("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE"
                            + " SCHEDULE in order to schedule a BGSAVE whenever possible.");
                }
                saveScheduled = true;
                return "Background saving scheduled";
            }
            begin(Work.SAVE);
        }
        inBackground(Work.SAVE);
        return "Background saving started";
    }

    @Override
    public String rewriteLog() throws Refused {
        synchronized (this) {
            if (log == null) {
                throw new Refused("ERR appendonly is off: there is no log to rewrite");
            }
            if (running == Work.REWRITE) {
                throw new Refused("ERR Background append only file rewriting already in progress");
            }
            if (running != Work.NONE) {
                rewriteScheduled = true;
                return "Background append only file rewriting scheduled";
            }
            begin(Work.REWRITE);
        }
        inBackground(Work.REWRITE);
        return "Background append only file rewriting started";
    }

    @Override
    public @Nullable String reload(Reload how) {
        if (how.save() && fieldsExpire()) {
            return FIELDS_EXPIRE;
        }
        if (!begin(Work.SAVE)) {
            return IN_PROGRESS;
        }
        boolean saved = false;
        parts.keyspace().lockAll();
        try {
            if (how.save()) {
                take(Work.SAVE);
                saved = true;
            }
            if (how.flush()) {
                clear();
            }
            parts.keyspace().nextVersion();
            dump.load(parts.keyspace(), clock.readTime(), !how.flush() && !how.merge());
            if (log != null && !how.save()) {
                take(Work.REWRITE); // What was loaded is not what the log says.
            }
            mode.reloaded();
            return null;
        } catch (FieldExpiryException e) {
            return FIELDS_EXPIRE; // Nothing was changed.
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("port {}: DEBUG RELOAD", config.port(), e);
            if (how.save() && !saved) {
                return "ERR"; // Nothing was changed.
            }
            failed(e);
            return "ERR Error trying to load the RDB dump";
        } finally {
            parts.keyspace().unlockAll();
            released();
        }
    }

    @Override
    public @Nullable String reloadLog() {
        StandaloneLog current = log;
        if (current == null) {
            return "ERR appendonly is off: there is no log to load";
        }
        if (!begin(Work.REWRITE)) {
            return IN_PROGRESS;
        }
        parts.keyspace().lockAll();
        try {
            current.commit().sync();
            clear();
            parts.keyspace().nextVersion();
            current.reload();
            mode.reloaded();
            return null;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("port {}: DEBUG LOADAOF", config.port(), e);
            failed(e);
            return "ERR Error trying to load the log";
        } finally {
            parts.keyspace().unlockAll();
            released();
        }
    }

    private void clear() {
        Keyspace keyspace = parts.keyspace();
        for (int i = 0; i < keyspace.databases(); i++) {
            keyspace.database(i).clear();
        }
        keyspace.libraries().clear();
    }

    /** The data is not what it was: with a log, which still has it, nothing may be added to that. */
    private void failed(Throwable cause) {
        mode.reloaded();
        if (log != null) {
            parts.failure().fatal("loading data again", cause);
        }
    }

    private synchronized void released() {
        running = Work.NONE;
    }

    @Override
    public synchronized Status status() {
        StandaloneLog current = log;
        long now = System.currentTimeMillis();
        long present = (now - workBeganMillis) / 1000;
        return new Status(
                false,
                mode.changes(),
                running == Work.SAVE,
                lastSaveMillis / 1000,
                lastSaveOk,
                lastSaveSeconds,
                running == Work.SAVE ? present : -1,
                current != null,
                running == Work.REWRITE,
                rewriteScheduled,
                lastRewriteSeconds,
                running == Work.REWRITE ? present : -1,
                lastRewriteOk,
                current == null || current.commit().spaceAvailable(),
                current == null ? 0 : current.bytes(),
                current == null ? 0 : current.baseBytes(),
                saves);
    }

    /** Counters of the log, zeros without one. */
    LogStats logStats() {
        StandaloneLog current = log;
        return current == null ? new LogStats(0, 0, 0, 0, 0, 0) : current.log().stats();
    }

    synchronized void bindMetrics(MeterRegistry registry, Tags tags) {
        bindLog = () -> LogMetrics.bind(registry, tags.and("log", StandaloneLog.DIRECTORY), this::logStats);
        bindLog();
    }

    /** Adds the meters of the log, once, when there is one. */
    private synchronized void bindLog() {
        Runnable bind = bindLog;
        if (log != null && bind != null) {
            bindLog = null;
            bind.run();
        }
    }

    // ---- by itself

    void tick(long nowMillis) {
        if (!stopsWrites()) {
            mode.snapshotFailed(false);
        }
        Work due = due(nowMillis);
        if (due != Work.NONE && begin(due)) {
            inBackground(due);
        }
    }

    private synchronized Work due(long nowMillis) {
        if (running != Work.NONE) {
            return Work.NONE;
        }
        if (rewriteScheduled || beganUnlogged(nowMillis)) {
            rewriteScheduled = false;
            return Work.REWRITE;
        }
        if (saveScheduled || savePointReached(nowMillis)) {
            saveScheduled = false;
            return Work.SAVE;
        }
        return rewriteDue() ? Work.REWRITE : Work.NONE;
    }

    /** It became a primary before the log had the data that it got as a replica; while it is one, its link sees to that. */
    private boolean beganUnlogged(long nowMillis) {
        return mode.isUnlogged() && !mode.isReplica() && (lastRewriteOk || nowMillis - workBeganMillis >= RETRY_MILLIS);
    }

    private boolean savePointReached(long nowMillis) {
        if (!lastSaveOk && nowMillis - lastTryMillis < RETRY_MILLIS) {
            return false;
        }
        long changes = mode.changes();
        for (SavePoint point : config.get(Keys.SAVE_POINTS)) {
            if (changes >= point.changes() && nowMillis - lastSaveMillis > TimeUnit.SECONDS.toMillis(point.seconds())) {
                LOG.info("port {}: {} changes in {} seconds: saving", config.port(), changes, point.seconds());
                return true;
            }
        }
        return false;
    }

    private boolean rewriteDue() {
        StandaloneLog current = log;
        int percentage = config.get(Keys.AUTO_AOF_REWRITE_PERCENTAGE);
        if (current == null || percentage == 0) {
            return false;
        }
        long bytes = current.bytes();
        long base = Math.max(1, current.baseBytes());
        return bytes >= config.get(Keys.AUTO_AOF_REWRITE_MIN_SIZE) && (bytes - base) * 100 / base >= percentage;
    }

    // ---- the end

    @Nullable
    String prepareStop(ServerState.Shutdown how) {
        StandaloneLog current = log;
        if (current != null) {
            try {
                current.commit().sync();
            } catch (LogException e) {
                LOG.error("port {}: {}", config.port(), e.getMessage());
                return "ERR Errors trying to SHUTDOWN. Check logs.";
            }
        }
        boolean saves = how == ServerState.Shutdown.SAVE
                || (how != ServerState.Shutdown.NOSAVE
                        && !config.get(Keys.SAVE_POINTS).isEmpty());
        if (!saves) {
            return null;
        }
        awaitQuiet(Work.SAVE);
        return run(Work.SAVE) ? null : "ERR Errors trying to SHUTDOWN. Check logs.";
    }

    /** Waits until no snapshot is under way, then claims the next one. */
    private void awaitQuiet(Work work) {
        while (!begin(work)) {
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    void close() {
        if (ended) {
            return;
        }
        awaitQuiet(Work.SAVE);
        StandaloneLog current = log;
        if (current == null) {
            return;
        }
        long index = current.commit().appendedIndex();
        LogException failure = current.closeQuietly();
        if (failure != null) {
            LOG.error("port {}: closing the log: {}", config.port(), failure.getMessage());
            return;
        }
        ChangeStream.Position position = position();
        if (position != null) {
            place.write(position, index);
        }
    }

    /** Index of the last record in the log, 0 without one. */
    @Override
    public long logIndex() {
        return mode.journalIndex();
    }

    /** Index up to which the log is on disk, whatever appendfsync says of acknowledging. */
    @Override
    public long syncedIndex() {
        StandaloneLog current = log;
        return current == null ? 0 : current.log().durableIndex();
    }
}
