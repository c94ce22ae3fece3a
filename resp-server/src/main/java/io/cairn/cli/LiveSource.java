package io.cairn.cli;

import io.cairn.command.Args;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.Slots;
import io.cairn.rdb.PayloadBuffer;
import io.cairn.rdb.RdbReader;
import io.cairn.replica.SourceLink;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One primary that is imported while it lives: its data of a moment, then its commands in rounds. A thread of its own; figures for any. */
final class LiveSource implements Runnable, AutoCloseable {
    /** Of one round; the source hears of a round when it is applied. */
    private static final int ROUND_COMMANDS = 4_096;

    private static final long ROUND_BYTES = 8 << 20;
    private static final long WAIT_MILLIS = 100;
    /** Commands of a stream that change no data. */
    private static final Set<String> SAID = Set.of("ping", "replconf", "publish", "spublish");

    private static final Set<String> OF_ALL_KEYS = Set.of("flushall", "flushdb", "swapdb");

    private final String name;
    private final SourceLink link;
    private final ImportOptions options;
    private final boolean alone;
    private final boolean functions;
    private final boolean skipModules;
    private final ImportTarget target;
    private final LiveTarget live;
    private final CommandTable table = new CommandTable(Families.data(true));
    private final KeyPositions positions = new KeyPositions();
    private final Set<Integer> databases = new TreeSet<>();

    private volatile boolean stopped;
    private volatile boolean loaded;
    private volatile long keys;
    private volatile long commands;
    private volatile long lastCommandNanos = System.nanoTime();
    private volatile @Nullable IOException failure;

    // The thread's.
    private final Map<Integer, LiveGroup> groups = new LinkedHashMap<>();
    private int gathered;
    private long gatheredBytes;
    private int database;

    /**
     * @param name its address when the import began
     * @param alone there is no other source
     * @param functions libraries of functions are brought too
     * @param skipModules data of modules is left out
     */
    LiveSource(
            String name, SourceLink link, ImportOptions options, boolean alone, boolean functions, boolean skipModules)
            throws IOException {
        this.name = name;
        this.link = link;
        this.options = options;
        this.alone = alone;
        this.functions = functions;
        this.skipModules = skipModules;
        this.target = new ImportTarget(options);
        this.live = new LiveTarget(target, options, name);
    }

    // ---- any thread

    String name() {
        return name;
    }

    /** All its data of the first moment is in the target. */
    boolean isLoaded() {
        return loaded;
    }

    long keys() {
        return keys;
    }

    long commands() {
        return commands;
    }

    /** Position of the source that the target has. */
    long applied() {
        return link.appliedOffset();
    }

    long idleNanos() {
        return System.nanoTime() - lastCommandNanos;
    }

    @Nullable
    IOException failure() {
        return failure;
    }

    long refused() {
        return live.failed();
    }

    String firstRefused() {
        return live.firstFailure();
    }

    /** No more rounds. */
    void stop() {
        stopped = true;
    }

    // ---- the thread

    @Override
    public void run() {
        try {
            target.connect();
            load();
            loaded = true;
            while (!stopped) {
                round();
            }
            live.forgetNotes(databases);
        } catch (IOException e) {
            failure = new IOException(name + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            failure = new IOException(name + ": " + e, e);
        }
    }

    private void load() throws IOException {
        try (FileChannel data = link.data();
                PayloadBuffer payload = new PayloadBuffer()) {
            ImportLibraries libraries = new ImportLibraries(target, options);
            ImportEntries entries =
                    new ImportEntries(target, options, payload, libraries, count -> keys = target.done());
            RdbReader reader = new RdbReader(data, entries, !functions, skipModules);
            reader.load();
            target.finish();
            keys = target.done();
            String selected = reader.aux("repl-stream-db");
            database = selected == null ? 0 : Integer.parseInt(selected);
            if (target.present() > 0) {
                throw new IOException("some keys are there already, as '" + target.firstPresent()
                        + "': begin with an empty target, or use --replace");
            }
        }
    }

    private void round() throws IOException {
        groups.clear();
        gathered = 0;
        gatheredBytes = 0;
        long end = -1;
        while (gathered < ROUND_COMMANDS && gatheredBytes < ROUND_BYTES && link.next(gathered == 0 ? WAIT_MILLIS : 0)) {
            end = link.endOffset();
            for (int i = 0; i < link.commands(); i++) {
                take(link.command(i), end);
            }
            link.consume();
        }
        flush();
        if (end >= 0) {
            link.applied(end);
        }
    }

    private void flush() throws IOException {
        if (groups.isEmpty()) {
            return;
        }
        live.apply(groups.values());
        long count = 0;
        for (LiveGroup group : groups.values()) {
            count += group.commands.size();
        }
        groups.clear();
        done(count);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes it.
    private void done(long count) {
        commands += count;
        lastCommandNanos = System.nanoTime();
    }

    private void take(Args args, long end) throws IOException {
        String word = args.text(0).toLowerCase(Locale.ROOT);
        if (word.equals("select")) {
            database = Integer.parseInt(args.text(1));
            return;
        }
        if (SAID.contains(word)
                || (!options.databases().isEmpty() && !options.databases().contains(database))) {
            return;
        }
        int into = options.into() >= 0 ? options.into() : database;
        if (into != 0 && live.isCluster()) {
            throw new IOException("the source changes database " + into
                    + ", and a cluster has only database 0: choose by --db 0, or --to-db 0");
        }
        databases.add(into);
        if (word.equals("function")) {
            if (functions) {
                everywhere(into, args, args.is(1, "delete") ? "Library not found" : "already exists");
            }
        } else if (OF_ALL_KEYS.contains(word)) {
            allKeys(word, into, args, end);
        } else if (live.isCluster()) {
            ofSlots(word, into, args, end);
        } else {
            add(0, into, words(args), end);
        }
    }

    private void everywhere(int into, Args args, String acceptable) throws IOException {
        flush();
        live.everywhere(into, words(args), acceptable);
        done(1);
    }

    private void allKeys(String word, int into, Args args, long end) throws IOException {
        if (!alone) {
            throw new IOException("the source ran " + word.toUpperCase(Locale.ROOT)
                    + ", which would change what came from other sources: begin again with an empty target");
        }
        if (options.into() >= 0 || (live.isCluster() && word.equals("swapdb"))) {
            throw new IOException(
                    "the source ran " + word.toUpperCase(Locale.ROOT) + ", which cannot be done in the target");
        }
        if (live.isCluster()) {
            everywhere(0, args, "");
        } else {
            if (word.equals("swapdb")) {
                databases.add(Integer.parseInt(args.text(1)));
                databases.add(Integer.parseInt(args.text(2)));
            }
            add(0, into, words(args), end);
        }
    }

    private void ofSlots(String word, int into, Args args, long end) throws IOException {
        int id = table.find(args);
        int count = id < 0 ? 0 : positions.find(table.command(id), args);
        if (count == 0) {
            throw new IOException("the source sent '" + word + "', of which it is not known which keys it changes");
        }
        int slot = slot(args, positions.at(0));
        boolean one = true;
        for (int i = 1; i < count; i++) {
            one &= slot(args, positions.at(i)) == slot;
        }
        if (one) {
            add(slot, into, words(args), end);
            return;
        }
        int width = word.equals("mset") ? 2 : word.equals("del") || word.equals("unlink") ? 1 : 0;
        if (width == 0) {
            throw new IOException("the source sent '" + word + "' with keys that are in several slots of the target");
        }
        for (int i = 0; i < count; i++) {
            List<byte[]> part = new ArrayList<>(List.of(args.bytes(0)));
            for (int j = 0; j < width; j++) {
                part.add(args.bytes(positions.at(i) + j));
            }
            add(slot(args, positions.at(i)), into, part, end);
        }
    }

    private static int slot(Args args, int at) {
        return Slots.of(args.address(at), args.length(at));
    }

    private void add(int slot, int into, List<byte[]> words, long end) {
        LiveGroup group = groups.computeIfAbsent(slot, LiveGroup::new);
        group.commands.add(new LiveGroup.Command(into, words));
        group.position = end;
        gathered++;
        for (byte[] word : words) {
            gatheredBytes += word.length;
        }
    }

    private static List<byte[]> words(Args args) {
        List<byte[]> words = new ArrayList<>(args.count());
        for (int i = 0; i < args.count(); i++) {
            words.add(args.bytes(i));
        }
        if (args.is(0, "xadd") || args.is(0, "xtrim")) {
            int at = limitAt(args);
            if (at > 0) {
                words.subList(at, at + 2).clear();
            }
        }
        return words;
    }

    /** Where LIMIT stands behind an exact trimming, as only a primary may send it; 0 when it does not. */
    private static int limitAt(Args args) {
        int i = 2;
        if (i < args.count() && args.is(i, "nomkstream")) {
            i++;
        }
        boolean trims = i + 3 < args.count() && (args.is(i, "maxlen") || args.is(i, "minid"));
        return trims && args.is(i + 1, "=") && i + 4 < args.count() && args.is(i + 3, "limit") ? i + 3 : 0;
    }

    @Override
    public void close() {
        link.close();
        live.close();
        target.close();
    }
}
