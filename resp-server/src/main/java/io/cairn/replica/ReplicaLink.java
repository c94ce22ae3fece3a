package io.cairn.replica;

import io.cairn.command.PubSub;
import io.cairn.command.Replication.Transfer;
import io.cairn.config.Config;
import io.cairn.config.DisklessLoad;
import io.cairn.config.Keys;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.ChangeStream.Position;
import io.cairn.mode.PrimaryFeed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's link to one primary, from connecting to following its stream, and again when it breaks. One thread, {@code replica-<port>}, owns all of it and
 * is the only one that applies what comes: in order, each unit whole. Others look at its state and close it. Redis: syncWithMaster.
 */
final class ReplicaLink implements Runnable {
    /** How far the link is; ROLE's words. */
    enum State {
        CONNECT("connect"),
        CONNECTING("connecting"),
        HANDSHAKE("handshake"),
        SYNC("sync"),
        CONNECTED("connected");

        final String word;

        State(String word) {
            this.word = word;
        }
    }

    /** The primary is asked to become one, when it is not yet (FAILOVER). On the link's thread. */
    interface Promotion {
        boolean isWanted();

        /** What came of it: it is one, or not. */
        void answered(boolean goesOn);
    }

    private static final long ACK_MILLIS = 1_000;
    /** How often it looks whether the log is on disk up to where it was when an acknowledgement was asked for. */
    private static final long SYNCED_LOOK_MILLIS = 5;
    /** Places in the log that an acknowledgement waits for. */
    private static final int MAX_UNSYNCED = 64;

    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long MAX_PAUSE_MILLIS = 1_000;
    /** A link that ends sooner is not made again at once. */
    private static final long MIN_UP_MILLIS = 100;

    private static final int MIN_TIMEOUT_MILLIS = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaLink.class);

    final String host;
    final int port;
    private final Config config;
    private final ChangeStream stream;
    private final PrimaryFeed feed;
    private final Following node;
    private final PubSub hub;
    private final int databases;
    private final Path directory;
    private final Promotion promotion;
    private final Consumer<ReplicaLink> changed;
    private final Thread thread;

    private volatile State state = State.CONNECT;
    private volatile boolean stopped;
    private volatile long downSinceMillis = System.currentTimeMillis();
    private volatile long unappliedBytes;
    private volatile @Nullable LinkChannel channel;
    private volatile @Nullable DataFile transfer;
    private volatile long lastContactMillis;

    // Used by the thread only.
    private final StreamParser parser = new StreamParser();
    private boolean needsAll;
    private long pauseMillis;
    private long upSinceMillis;
    private final ArrayDeque<long[]> unsynced = new ArrayDeque<>();
    private long syncedOffset;

    /**
     * @param changed told when the state changes, on the link's thread
     * @param directory for the file of the primary's data
     */
    ReplicaLink(
            String host,
            int port,
            Config config,
            ChangeStream stream,
            PrimaryFeed feed,
            Following node,
            PubSub hub,
            int databases,
            Path directory,
            Promotion promotion,
            Consumer<ReplicaLink> changed) {
        this.host = host;
        this.port = port;
        this.config = config;
        this.stream = stream;
        this.feed = feed;
        this.node = node;
        this.hub = hub;
        this.databases = databases;
        this.directory = directory;
        this.promotion = promotion;
        this.changed = changed;
        this.thread = new Thread(this, "replica-" + config.port());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    // ---- any thread

    State state() {
        return state;
    }

    @Nullable
    LinkChannel channel() {
        return state == State.CONNECTED ? channel : null;
    }

    /** Milliseconds of the Unix epoch, 0 when nothing ever came. */
    long lastContactMillis() {
        LinkChannel open = channel;
        return open == null ? lastContactMillis : Math.max(lastContactMillis, open.lastReadMillis());
    }

    /** Since when the link is down, 0 while it is up. */
    long downSinceMillis() {
        return state == State.CONNECTED ? 0 : downSinceMillis;
    }

    /** Bytes received and not applied. */
    long unappliedBytes() {
        return unappliedBytes;
    }

    /** The data that is on its way, or null. */
    @Nullable
    Transfer transfer(long nowMillis) {
        DataFile file = transfer;
        return file == null
                ? null
                : new Transfer(file.length(), file.received(), Math.max(0, nowMillis - lastContactMillis()) / 1000);
    }

    /** Closes the connection; it is made again. */
    void cut() {
        LinkChannel open = channel;
        if (open != null) {
            open.close();
        }
    }

    /** What is here is no part of the primary's history any more: all is fetched again. */
    void fetchAll() {
        cut();
    }

    /** Ends the link; what its thread is at may go on a moment, but it applies nothing once the node follows another. */
    void stop() {
        stopped = true;
        cut();
        LockSupport.unpark(thread);
    }

    /** Waits until the thread is done. */
    void join() {
        boolean interrupted = false;
        while (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- the thread

    @Override
    public void run() {
        while (isWanted()) {
            try {
                session();
            } catch (IOException e) {
                if (isWanted()) {
                    LOG.warn("link to the primary {}:{}: {}", host, port, reason(e));
                }
            } catch (RuntimeException | Error e) {
                node.fatal("following " + host + ":" + port, e);
                stopped = true;
            } finally {
                down();
            }
            if (isWanted()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
                pauseMillis = Math.min(MAX_PAUSE_MILLIS, Math.max(FIRST_PAUSE_MILLIS, pauseMillis * 2));
            }
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private boolean isWanted() {
        return !stopped && feed.isCurrent();
    }

    private void down() {
        LinkChannel open = channel;
        if (open != null) {
            lastContactMillis = Math.max(lastContactMillis, open.lastReadMillis());
            open.close();
        }
        channel = null;
        transfer = null;
        unappliedBytes = 0;
        if (state == State.CONNECTED) {
            long now = System.currentTimeMillis();
            // At once: every moment may cost a part of the backlog. But not again and again when it ends as soon as it
            // is there.
            pauseMillis = now - upSinceMillis >= MIN_UP_MILLIS ? 0 : Math.max(FIRST_PAUSE_MILLIS, pauseMillis);
            downSinceMillis = now;
        }
        feed.linked(false);
        become(State.CONNECT);
    }

    private void become(State next) {
        if (state != next) {
            state = next;
            changed.accept(this);
        }
    }

    private long timeoutMillis() {
        return Math.max(MIN_TIMEOUT_MILLIS, TimeUnit.SECONDS.toMillis(config.get(Keys.REPL_TIMEOUT)));
    }

    private void session() throws IOException {
        become(State.CONNECTING);
        LinkChannel open =
                LinkChannel.connect(host, port, config.get(Keys.BIND_SOURCE_ADDR), timeoutMillis(), fresh -> {
                    channel = fresh;
                    if (stopped) {
                        throw new IOException("stopped");
                    }
                });
        become(State.HANDSHAKE);
        introduce(open);
        parser.clear();
        unsynced.clear();
        syncedOffset = 0;
        Position place = stream.place();
        String answer = askToGoOn(open, place);
        int database;
        boolean sayAtOnce = false;
        if (answer.startsWith("+CONTINUE")) {
            database = place.database();
            goOn(answer, place);
        } else if (answer.startsWith("+FULLRESYNC ")) {
            become(State.SYNC);
            DataFile file = DataFile.announced(open, timeoutMillis());
            database = fetch(open, file, fullResync(answer));
            if (database < 0) {
                return;
            }
            sayAtOnce = file.hasMark();
        } else {
            throw new IOException("PSYNC: " + answer);
        }
        feed.linked(true);
        upSinceMillis = System.currentTimeMillis();
        become(State.CONNECTED);
        LOG.info("port {}: the link to the primary {}:{} is up", config.port(), host, port);
        follow(open, database, sayAtOnce);
    }

    private String askToGoOn(LinkChannel open, Position place) throws IOException {
        List<String> words = new ArrayList<>(
                needsAll ? List.of("PSYNC", "?", "-1") : List.of("PSYNC", place.id(), "" + (place.offset() + 1)));
        boolean promotes = promotion.isWanted();
        if (promotes) {
            words.add("FAILOVER");
        }
        String answer = "";
        try {
            open.command(timeoutMillis(), words);
            while (answer.isEmpty()) {
                answer = open.readLine(timeoutMillis()); // Empty: a sign of life while the primary makes the data.
            }
            return answer;
        } finally {
            if (promotes) {
                promotion.answered(answer.startsWith("+"));
            }
        }
    }

    /** PING, AUTH, REPLCONF. */
    private void introduce(LinkChannel open) throws IOException {
        String pong = ask(open, List.of("PING"));
        if (pong.startsWith("-")
                && !pong.startsWith("-NOAUTH")
                && !pong.startsWith("-NOPERM")
                && !pong.startsWith("-ERR operation not permitted")) {
            throw new IOException("PING: " + pong);
        }
        String password = config.get(Keys.MASTERAUTH);
        if (!password.isEmpty()) {
            String user = config.get(Keys.MASTERUSER);
            String in = ask(open, user.isEmpty() ? List.of("AUTH", password) : List.of("AUTH", user, password));
            if (in.startsWith("-")) {
                throw new IOException("Unable to AUTH to MASTER: " + in);
            }
        }
        int announced = config.get(Keys.REPLICA_ANNOUNCE_PORT);
        // Refused by a primary that does not know it, which is no reason not to follow.
        tell(open, List.of("REPLCONF", "listening-port", "" + (announced == 0 ? config.port() : announced)));
        String address = config.get(Keys.REPLICA_ANNOUNCE_IP);
        if (!address.isEmpty()) {
            tell(open, List.of("REPLCONF", "ip-address", address));
        }
        tell(open, List.of("REPLCONF", "capa", "eof", "capa", "psync2"));
    }

    private String ask(LinkChannel open, List<String> words) throws IOException {
        open.command(timeoutMillis(), words);
        return open.readLine(timeoutMillis());
    }

    private void tell(LinkChannel open, List<String> words) throws IOException {
        String answer = ask(open, words);
        if (answer.startsWith("-")) {
            LOG.info("(Non critical) Master does not understand {}: {}", String.join(" ", words), answer);
        }
    }

    private void goOn(String answer, Position place) throws IOException {
        String[] words = answer.split(" ", -1);
        String id = words.length > 1 && words[1].matches("[0-9a-f]{40}") ? words[1] : place.id();
        if (!feed.continueAs(place, id)) {
            throw new IOException("the data is not what it was when the primary was asked to go on");
        }
        LOG.info("going on with the primary {}:{} from {}:{}", host, port, id, place.offset() + 1);
    }

    private static Position fullResync(String answer) throws IOException {
        String[] words = answer.split(" ", -1);
        if (words.length < 3 || !words[1].matches("[0-9a-f]{40}") || !words[2].matches("[0-9]{1,18}")) {
            throw new IOException("PSYNC: " + answer);
        }
        return new Position(words[1], Long.parseLong(words[2]), 0);
    }

    // ---- all data

    /** The database that the stream is at, -1 when nobody wants the data any more. */
    private int fetch(LinkChannel open, DataFile data, Position position) throws IOException {
        transfer = data;
        try {
            LOG.info("port {}: all data comes from the primary {}:{}", config.port(), host, port);
            if (config.get(Keys.REPL_DISKLESS_LOAD) == DisklessLoad.ON_EMPTY_DB && node.isEmpty()) {
                try (DataFile.Direct direct = data.direct()) {
                    int database = load(direct, position);
                    direct.finish();
                    return database;
                }
            }
            try (FileChannel in = data.receive(directory.resolve("primary-data-" + thread.getId() + ".rdb"))) {
                return load(new Reassuring(in, open), position);
            }
        } finally {
            transfer = null;
        }
    }

    private int load(ReadableByteChannel from, Position position) throws IOException {
        boolean loaded = false;
        try {
            int database = node.replaceData(from, position, this::isWanted);
            loaded = true;
            needsAll = false;
            return database;
        } finally {
            // Half the data is no part of any history.
            needsAll |= !loaded;
        }
    }

    /**
     * The file while it is loaded: the primary hears once a second that this node lives, and a node that stops does not load to the end. Redis:
     * replicationSendNewlineToMaster.
     */
    private final class Reassuring implements ReadableByteChannel {
        private final FileChannel in;
        private final LinkChannel link;
        private long saidNanos = System.nanoTime();

        Reassuring(FileChannel in, LinkChannel link) {
            this.in = in;
            this.link = link;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            if (stopped) {
                throw new IOException("stopped while the data was loaded");
            }
            if (System.nanoTime() - saidNanos > TimeUnit.MILLISECONDS.toNanos(ACK_MILLIS)) {
                saidNanos = System.nanoTime();
                try {
                    link.write(new byte[] {'\n'}, ACK_MILLIS);
                } catch (IOException e) {
                    LOG.debug("the primary is gone while its data is loaded", e);
                }
            }
            return in.read(into);
        }

        @Override
        public boolean isOpen() {
            return in.isOpen();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    // ---- the stream

    private void follow(LinkChannel open, int database, boolean sayAtOnce) throws IOException {
        StreamReader reader = new StreamReader(feed, hub, databases, database, () -> acknowledge(open));
        if (sayAtOnce) {
            acknowledge(open);
        }
        long saidNanos = System.nanoTime();
        while (isWanted()) {
            int count = open.read(parser.room(), unsynced.isEmpty() ? ACK_MILLIS / 10 : SYNCED_LOOK_MILLIS);
            parser.received(count);
            unappliedBytes = parser.unparsed();
            while (parser.next()) {
                if (!reader.take(parser)) {
                    return;
                }
                parser.consume();
                unappliedBytes = parser.unparsed();
            }
            long now = System.nanoTime();
            if (now - saidNanos >= TimeUnit.MILLISECONDS.toNanos(ACK_MILLIS) || moreIsSynced()) {
                saidNanos = now;
                acknowledge(open);
            }
            if (System.currentTimeMillis() - open.lastReadMillis() > timeoutMillis()) {
                throw new IOException("MASTER timeout: no data nor PING received...");
            }
        }
    }

    private void acknowledge(LinkChannel open) throws IOException {
        long offset = stream.place().offset();
        List<String> words = new ArrayList<>(List.of("REPLCONF", "ACK", Long.toString(offset)));
        if (node.isLogging()) {
            long[] newest = unsynced.peekLast();
            if (unsynced.size() < MAX_UNSYNCED && (newest == null || newest[1] < offset) && syncedOffset < offset) {
                unsynced.addLast(new long[] {node.logIndex(), offset});
            }
            moreIsSynced();
            words.addAll(List.of("FACK", Long.toString(syncedOffset)));
        }
        open.command(timeoutMillis(), words);
    }

    /** Whether the log has come to a place that an acknowledgement waits for. */
    private boolean moreIsSynced() {
        boolean more = false;
        long synced = unsynced.isEmpty() ? 0 : node.syncedIndex();
        while (!unsynced.isEmpty() && unsynced.getFirst()[0] <= synced) {
            syncedOffset = unsynced.removeFirst()[1];
            more = true;
        }
        return more;
    }
}
