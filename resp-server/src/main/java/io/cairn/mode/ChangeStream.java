package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Effects.Effect;
import io.cairn.command.FollowerLink;
import io.cairn.command.Followers;
import io.cairn.command.Replication;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.keyspace.Keyspace;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The changes of a node as a stream of Redis commands, in the form and order in which redis-server sends them to its replicas: SELECT where the database
 * changes, MULTI and EXEC around a record of several commands, what happened instead of what was asked for. Each byte has a position in a {@link
 * History}; the last ones are kept in a {@link Backlog}, so that a follower that comes back gets what it lacks. Whoever lacks more gets the data of a
 * moment as an RDB file first ({@link FullSyncs}). Redis: replication.c.
 *
 * <p>A node that is a replica itself makes no stream: it passes its primary's on, byte for byte, at the same positions ({@link #pass}).
 *
 * <p>A change is sent when it happened, not when it is durable: after a crash a follower may know of a change that the node has lost. It is then ahead
 * of the node's history and joins anew.
 */
public final class ChangeStream implements Followers {
    private static final int NONE = -1;
    private static final int SECOND_MILLIS = 1000;
    private static final Logger LOG = LoggerFactory.getLogger(ChangeStream.class);

    private final @Nullable Config config;
    private final FullSyncs syncs;
    private final List<StreamFollower> followers = new CopyOnWriteArrayList<>();
    private final AtomicLong fullSyncs = new AtomicLong();
    private final AtomicLong partialSyncs = new AtomicLong();
    private final AtomicLong refusedPartialSyncs = new AtomicLong();

    /** Of all followers together. */
    private final AtomicLong waitingBytes = new AtomicLong();

    /** Changes go into the stream: somebody follows, or did not long ago, and this node makes the changes. */
    private volatile boolean followed;

    private volatile Runnable acknowledged = () -> {};
    private volatile Runnable broken = () -> {};
    private volatile Supplier<@Nullable String> refuses = () -> null;

    // Guarded by this.
    private final History history;
    private @Nullable Backlog backlog;
    /** Of the last command in the stream. */
    private int database = NONE;
    /** The stream is another node's. */
    private boolean passing;
    /** Whose it is: {@link StandaloneMode#follow}. */
    private long following;

    /** A follower is about to take over: nobody may join, and with {@code quiet} nothing is said that changes no data. */
    private boolean handingOver;

    private boolean quiet;

    /** While passing: nobody may join, for what this node has is not what its primary has. */
    private boolean cutOff;
    /** Since when nobody follows. */
    private long aloneSinceMillis;

    private long askedAt = NONE;
    private long pingedMillis;

    /**
     * @param directory for the RDB files of followers that join
     * @param ids makes 40 hex digits that name a history
     */
    public ChangeStream(Keyspace keyspace, Path directory, Supplier<String> ids, Config config) {
        this(keyspace, directory, new History(ids), config);
    }

    private ChangeStream(Keyspace keyspace, Path directory, History history, @Nullable Config config) {
        this.history = history;
        this.config = config;
        this.syncs = new FullSyncs(keyspace, directory, this);
    }

    /** A stream that nobody can follow. */
    static ChangeStream none(Keyspace keyspace) {
        return new ChangeStream(keyspace, Path.of(""), new History(() -> ""), null);
    }

    Config config() {
        return Objects.requireNonNull(config);
    }

    /** A raft node's other database has marks that are nobody else's business; before anybody follows. */
    void onlyFirstDatabase() {
        syncs.databases(1);
    }

    /**
     * One snapshot is taken at a time, whatever it is for.
     *
     * @param begin claims the next one, or says false
     * @param end gives it back
     */
    public void snapshots(BooleanSupplier begin, Runnable end) {
        syncs.snapshots(begin, end);
    }

    /** Run when the data is no longer what the stream says, after all followers were closed. */
    public void onBroken(Runnable action) {
        broken = action;
    }

    boolean isFollowed() {
        return followed;
    }

    // ---- changes

    /**
     * Sends one record, under the locks of what it changed.
     *
     * @return where it ends, 0 when it is in no stream
     */
    synchronized long send(List<Effect> record) {
        if (passing) {
            return 0;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        select(out, record.get(0).database());
        boolean several = record.size() > 1;
        if (several) {
            command(out, List.of(ascii("MULTI")));
        }
        for (Effect effect : record) {
            select(out, effect.database());
            command(out, effect.words());
        }
        if (several) {
            command(out, List.of(ascii("EXEC")));
        }
        append(out.toByteArray());
        return history.offset();
    }

    private void append(byte[] bytes) {
        Backlog kept = backlog;
        if (kept == null) {
            return;
        }
        history.grow(bytes.length);
        kept.add(bytes);
        long limit = limitBytes();
        followers.forEach(follower -> follower.send(bytes, limit));
    }

    private void select(ByteArrayOutputStream out, int number) {
        if (number != database) {
            database = number;
            command(out, List.of(ascii("SELECT"), ascii(Integer.toString(number))));
        }
    }

    private static void command(ByteArrayOutputStream out, List<byte[]> words) {
        out.writeBytes(ascii("*" + words.size() + "\r\n"));
        for (byte[] word : words) {
            out.writeBytes(ascii("$" + word.length + "\r\n"));
            out.writeBytes(word);
            out.writeBytes(ascii("\r\n"));
        }
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void tell(int number, Args args) {
        if (followed) {
            List<byte[]> words = new ArrayList<>(args.count());
            for (int i = 0; i < args.count(); i++) {
                words.add(args.bytes(i));
            }
            send(List.of(new Effect(number, words)));
        }
    }

    /** A mark for who follows; all stripes are locked. Returns the place after it. */
    synchronized Position mark(String text) {
        if (followed) {
            say("PING", text);
        }
        return place();
    }

    /** A command that belongs to no database. */
    private void say(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<byte[]> bytes = new ArrayList<>();
        for (String word : words) {
            bytes.add(ascii(word));
        }
        command(out, bytes);
        append(out.toByteArray());
    }

    /**
     * Passes bytes of the primary's stream on, once what they say is applied and under the locks of what that changed.
     *
     * @param whom what {@link StandaloneMode#follow} returned; of another by now nothing is passed on
     * @param selected the database that the stream is at after them
     */
    synchronized void pass(long whom, long address, int length, int selected) {
        if (!passing || whom != following) {
            return;
        }
        database = selected;
        history.grow(length);
        Backlog kept = backlog;
        if (kept == null) {
            return;
        }
        if (followers.isEmpty()) {
            kept.add(address, length);
        } else {
            byte[] bytes = io.cairn.keyspace.Memory.bytes(address, length);
            kept.add(bytes);
            long limit = limitBytes();
            followers.forEach(follower -> follower.send(bytes, limit));
        }
    }

    /** Never less than what goes to one that goes on at once, which would be closed, and come again. Redis: checkClientOutputBufferLimits. */
    private long limitBytes() {
        long hard = config().get(Keys.CLIENT_OUTPUT_BUFFER_LIMIT).replica().hardBytes();
        return hard == 0 ? 0 : Math.max(hard, config().get(Keys.REPL_BACKLOG_SIZE));
    }

    // ---- what history this is

    /** What was changed since is in no stream, or the data was replaced: followers are closed and can only join anew. */
    public void breakOff(String why) {
        synchronized (this) {
            closeFollowers(why);
            history.begin();
            backlog = null;
            database = NONE;
            cutOff = passing;
            settle();
        }
        broken.run();
    }

    /** Another name for this history; who follows it already, goes on. Redis: changeReplicationId. */
    public synchronized void rename() {
        history.begin();
    }

    /** This node follows that other from now on; all stripes are locked. What it has is a part of some history all the same. */
    synchronized void beginPassing(long whom) {
        following = whom;
        passing = true;
        cutOff = true;
        keep();
        settle();
    }

    /** This node makes the changes from now on; all stripes are locked. Redis: replicationUnsetMaster. */
    synchronized void endPassing() {
        passing = false;
        cutOff = false;
        keep();
        history.shift();
        closeFollowers("this node is a primary now");
        database = NONE;
        aloneSinceMillis = System.currentTimeMillis();
        settle();
    }

    /** The link to the primary is up and what this node has is a part of its history, or not. */
    synchronized void cutOff(long whom, boolean is) {
        if (passing && whom == following) {
            cutOff = is;
        }
    }

    /** The primary's history goes on under this id. Redis: slaveTryPartialResynchronization. */
    synchronized boolean continueAs(long whom, Position from, String id) {
        if (!passing || whom != following || !from.id().equals(history.id()) || from.offset() != history.offset()) {
            return false;
        }
        if (!id.equals(history.id())) {
            history.continueAs(id);
            closeFollowers("the history has another id");
        }
        keep();
        return true;
    }

    /** All data is the primary's at a moment, and all stripes are locked. */
    synchronized void adopt(String id, long offset, int selected) {
        closeFollowers("all data was replaced");
        history.adopt(id, offset);
        backlog = null;
        database = selected;
        keep();
        settle();
    }

    /**
     * What a file says of the data that was loaded at the start.
     *
     * @param ofPrimary this node makes changes of its own from now on
     */
    public synchronized void restore(Position position, boolean ofPrimary) {
        if (ofPrimary) {
            history.restore(position.id(), position.offset());
        } else {
            history.adopt(position.id(), position.offset());
            database = position.database();
        }
        backlog = null;
        keep();
        aloneSinceMillis = System.currentTimeMillis();
        settle();
    }

    /**
     * A place in a history.
     *
     * @param database the one that the stream is at
     */
    public record Position(String id, long offset, int database) {}

    /** What the data is a part of, for files; null when nobody could go on from there. Redis: rdbPopulateSaveInfo. */
    public synchronized @Nullable Position saved() {
        return backlog == null ? null : new Position(history.id(), history.offset(), Math.max(0, database));
    }

    /** What this node has, as it asks its primary to go on from there. */
    public synchronized Position place() {
        return new Position(history.id(), history.offset(), Math.max(0, database));
    }

    /**
     * A follower is about to take over, or that is over.
     *
     * @param withoutPings positions stay as they are while clients are held. Redis: manual_failover_in_progress of replicationCron
     */
    public synchronized void handsOver(boolean on, boolean withoutPings) {
        handingOver = on;
        quiet = withoutPings;
    }

    /** Whether the follower at this address has acknowledged all there is. */
    public synchronized boolean hasAll(String host, int port) {
        for (StreamFollower follower : followers) {
            FollowerLink link = follower.link;
            if (follower.isOnline()
                    && link.host().equals(host)
                    && link.port() == port
                    && link.acknowledged() == history.offset()) {
                return true;
            }
        }
        return false;
    }

    /** Whether all followers that acknowledge and have got the data have acknowledged all there is; true, too, while the changes are another's. */
    public synchronized boolean allHaveAll() {
        if (passing) {
            return true;
        }
        for (StreamFollower follower : followers) {
            if (follower.isOnline() && !follower.silent && follower.link.acknowledged() < history.offset()) {
                return false;
            }
        }
        return true;
    }

    private void keep() {
        if (backlog == null) {
            backlog = new Backlog(config().get(Keys.REPL_BACKLOG_SIZE), history.offset() + 1);
        }
    }

    private void settle() {
        followed = backlog != null && !passing;
    }

    /** They get nothing more, however long their connections take to close: what comes next is not of their history. Redis: disconnectSlaves. */
    private void closeFollowers(String why) {
        for (StreamFollower follower : followers) {
            LOG.warn("closing a follower of the changes: {}", why);
            follower.drop();
            follower.link.close();
        }
        followers.clear();
        aloneSinceMillis = System.currentTimeMillis();
    }

    // ---- joining

    /** Asked for each follower, on its event loop: an error line, or null. */
    public void refuses(Supplier<@Nullable String> reason) {
        refuses = reason;
    }

    @Override
    public synchronized @Nullable String refusal(Request request) {
        if (handingOver) {
            return "NOMASTERLINK Can't SYNC while failing over";
        }
        String reason = refuses.get();
        if (reason != null) {
            return reason;
        }
        if (cutOff) {
            return "NOMASTERLINK Can't SYNC while not connected with my master";
        }
        return request.traits().isFiltered() && !request.traits().eof()
                ? "ERR Filtered replica requires EOF capability"
                : null;
    }

    @Override
    public void follow(FollowerLink link, Request request) {
        synchronized (this) {
            StreamFollower follower = new StreamFollower(link, request.traits(), request.id() == null, waitingBytes);
            if (cutOff) {
                link.close();
                return;
            }
            link.gathers(config().get(Keys.REPL_DISABLE_TCP_NODELAY));
            if (request.id() != null && goesOn(follower, request.id(), request.position())) {
                partialSyncs.incrementAndGet();
            } else {
                if (request.id() != null && !request.id().startsWith("?")) {
                    refusedPartialSyncs.incrementAndGet();
                }
                fullSyncs.incrementAndGet();
                if (backlog == null) {
                    // What changed since the start is in no stream.
                    history.begin();
                    keep();
                    database = NONE;
                }
                followers.add(follower);
                syncs.add(follower);
            }
            settle();
            link.onAcknowledge(() -> {
                follower.acknowledged();
                acknowledged.run();
            });
        }
        link.onClose(() -> leave(link));
    }

    /** Sends what a follower lacks, if all of that is here. Redis: masterTryPartialResynchronization. */
    private boolean goesOn(StreamFollower follower, String id, long position) {
        Backlog kept = backlog;
        if (kept == null || !history.contains(id, position) || !kept.reachesBackTo(position)) {
            if (!id.startsWith("?")) {
                LOG.info("a follower cannot go on from {}:{}: it gets all data", id, position);
            }
            return false;
        }
        String answer = follower.traits.secondIds() ? "+CONTINUE " + history.id() + "\r\n" : "+CONTINUE\r\n";
        follower.link.send(ascii(answer));
        byte[] lacks = kept.from(position);
        if (lacks.length > 0) {
            follower.link.send(lacks);
        }
        follower.become(StreamFollower.State.ONLINE);
        followers.add(follower);
        LOG.info("a follower goes on from {}:{} with {} bytes", id, position, lacks.length);
        return true;
    }

    private void leave(FollowerLink link) {
        synchronized (this) {
            followers.removeIf(follower -> {
                boolean its = follower.link == link;
                if (its) {
                    follower.drop();
                    LOG.info("a follower of the changes is gone");
                }
                return its;
            });
            if (followers.isEmpty()) {
                aloneSinceMillis = System.currentTimeMillis();
            }
        }
        acknowledged.run();
    }

    /** The moment of a full sync, all stripes locked: tells those it is for, and has the stream name its database again. */
    synchronized Position beginSync(List<StreamFollower> group) {
        for (StreamFollower follower : group) {
            if (!follower.silent) {
                follower.link.send(ascii("+FULLRESYNC " + history.id() + " " + history.offset() + "\r\n"));
            }
            follower.become(StreamFollower.State.MAKING);
        }
        if (!passing) {
            database = NONE;
        }
        return new Position(history.id(), history.offset(), Math.max(0, database));
    }

    // ---- once a second

    /** From the node's cron, about once a second. */
    public void tick(long nowMillis) {
        long period = config().get(Keys.REPL_PING_REPLICA_PERIOD) * SECOND_MILLIS;
        long timeoutMillis = config().get(Keys.REPL_TIMEOUT) * SECOND_MILLIS;
        synchronized (this) {
            Backlog kept = backlog;
            if (kept != null) {
                kept.resize(config().get(Keys.REPL_BACKLOG_SIZE));
            }
            if (followed && !quiet && !followers.isEmpty() && period > 0 && nowMillis - pingedMillis >= period) {
                pingedMillis = nowMillis;
                say("PING");
            }
            giveUp(nowMillis);
        }
        for (StreamFollower follower : followers) {
            follower.reassure();
            if (follower.isOnline()
                    && !follower.silent
                    && nowMillis - follower.link.lastHeardMillis() > timeoutMillis) {
                LOG.warn("closing a follower of the changes: it was silent for {} ms", timeoutMillis);
                follower.link.close();
            }
        }
        syncs.tick();
    }

    private void giveUp(long nowMillis) {
        long ttl = config().get(Keys.REPL_BACKLOG_TTL) * SECOND_MILLIS;
        if (followed && followers.isEmpty() && ttl > 0 && nowMillis - aloneSinceMillis > ttl) {
            LOG.info("the backlog is given up: nobody followed for {} ms", ttl);
            history.begin();
            backlog = null;
            settle();
        }
    }

    // ---- what others ask

    /** How many have the data, and gave a sign of life within so many seconds; 0 takes all. Redis: refreshGoodSlavesCount. */
    public int good(long nowMillis, long maxLagSeconds) {
        int good = 0;
        for (StreamFollower follower : followers) {
            boolean heard = maxLagSeconds == 0 || nowMillis - follower.link.lastHeardMillis() <= maxLagSeconds * 1000;
            good += follower.isOnline() && heard ? 1 : 0;
        }
        return good;
    }

    @Override
    public long waitingBytes() {
        return waitingBytes.get();
    }

    @Override
    public synchronized long backlogBytes() {
        return backlog == null ? 0 : backlog.capacity();
    }

    @Override
    public long fullSyncs() {
        return fullSyncs.get();
    }

    @Override
    public long partialSyncs() {
        return partialSyncs.get();
    }

    @Override
    public long refusedPartialSyncs() {
        return refusedPartialSyncs.get();
    }

    @Override
    public synchronized long position() {
        return history.offset();
    }

    @Override
    public synchronized void askForAcknowledgements() {
        if (followed && !followers.isEmpty() && askedAt != history.offset()) {
            say("REPLCONF", "GETACK", "*");
            askedAt = history.offset();
        }
    }

    @Override
    public int acknowledged(long position, boolean durable) {
        int count = 0;
        for (StreamFollower follower : followers) {
            long has = durable ? follower.link.durable() : follower.link.acknowledged();
            count += follower.isOnline() && has >= position ? 1 : 0;
        }
        return count;
    }

    @Override
    public void onAcknowledge(Runnable action) {
        acknowledged = action;
    }

    /** Who follows, as INFO and ROLE show it. */
    public Replication.View view(long nowMillis, Replication.@Nullable Primary primary) {
        List<Replication.Replica> replicas = new ArrayList<>();
        for (StreamFollower follower : followers) {
            replicas.add(follower.view(nowMillis));
        }
        long maxLag = config().get(Keys.MIN_REPLICAS_MAX_LAG);
        synchronized (this) {
            Backlog kept = backlog;
            return new Replication.View(
                    history.id(),
                    history.offset(),
                    primary,
                    replicas,
                    history.secondId(),
                    history.secondOffset(),
                    new Replication.Kept(
                            kept != null,
                            config().get(Keys.REPL_BACKLOG_SIZE),
                            kept == null ? 0 : kept.first(),
                            kept == null ? 0 : kept.length()),
                    good(nowMillis, maxLag));
        }
    }
}
