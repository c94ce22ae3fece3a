package io.cairn.resp;

import io.cairn.acl.Acl;
import io.cairn.acl.User;
import io.cairn.command.Client;
import io.cairn.command.FollowerLink;
import io.cairn.command.FollowerTraits;
import io.cairn.command.Session;
import io.cairn.command.Subscriptions;
import io.cairn.command.TrackingOptions;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a connection is to commands: its name, user, database, protocol. Written on its event loop; other threads read
 * it for CLIENT LIST and may see a value a moment old.
 */
final class ClientState implements Session, Client {
    private final Connection connection;
    private final long id;
    private final long connectedMillis;
    private final Multi multi;
    private final TrackingState tracking;
    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";
    private volatile User user;
    private volatile boolean authenticated;
    private int database;
    private FollowerTraits followerTraits = FollowerTraits.NONE;

    /** Its last write ended there in the stream of changes. */
    private volatile long wrotePosition;

    private boolean readonly;
    private boolean asking;
    private boolean noEvict;
    private boolean noTouch;
    private ReplyMode replyMode = ReplyMode.ON;
    /** SKIP was asked for: it holds for the command after the one that asks. */
    private boolean skipNext;

    volatile long lastCommandMillis;
    volatile String lastCommand = "NULL";

    ClientState(Connection connection, long id, long nowMillis, Acl acl) {
        this.connection = connection;
        this.id = id;
        this.connectedMillis = nowMillis;
        this.lastCommandMillis = nowMillis;
        this.user = acl.defaultUser();
        this.authenticated = !acl.passwordRequired();
        this.multi = new Multi(connection);
        this.tracking = new TrackingState(connection);
    }

    /** True for one that is not closed for want of memory. */
    boolean isSpared() {
        return noEvict;
    }

    boolean isNoTouch() {
        return noTouch;
    }

    Multi multi() {
        return multi;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Client client() {
        return this;
    }

    @Override
    public int database() {
        return database;
    }

    @Override
    public void select(int number) {
        database = number;
    }

    @Override
    public boolean readonly() {
        return readonly;
    }

    @Override
    public void readonly(boolean on) {
        readonly = on;
    }

    @Override
    public void asking() {
        asking = true;
    }

    boolean isAsking() {
        return asking;
    }

    void clearAsking() {
        asking = false;
    }

    @Override
    public boolean authenticated() {
        return authenticated;
    }

    @Override
    public void authenticated(User as) {
        user = as;
        authenticated = true;
    }

    @Override
    public User account() {
        return user;
    }

    @Override
    public boolean resp3() {
        return connection.replies().resp3();
    }

    @Override
    public void resp3(boolean on) {
        connection.replies().resp3(on);
    }

    @Override
    public void name(String newName) {
        name = newName;
    }

    @Override
    public void libraryName(String newName) {
        libraryName = newName;
    }

    @Override
    public void libraryVersion(String version) {
        libraryVersion = version;
    }

    @Override
    public void replyMode(ReplyMode mode) {
        if (mode == ReplyMode.SKIP) {
            skipNext = replyMode == ReplyMode.ON;
        } else {
            replyMode = mode;
        }
    }

    /** True when the reply of the present command is sent. */
    boolean repliesNow() {
        return replyMode == ReplyMode.ON;
    }

    boolean plainReplies() {
        return replyMode == ReplyMode.ON && !skipNext;
    }

    /** After each command: SKIP moves on (Redis: resetClient). */
    void commandDone() {
        if (replyMode == ReplyMode.SKIP) {
            replyMode = ReplyMode.ON;
        }
        if (skipNext) {
            skipNext = false;
            replyMode = ReplyMode.SKIP;
        }
    }

    @Override
    public void noEvict(boolean on) {
        noEvict = on;
    }

    @Override
    public void noTouch(boolean on) {
        noTouch = on;
    }

    @Override
    public void closeAfterReply() {
        connection.closeAfterReply();
    }

    @Override
    public void reset() {
        multi.discard();
        subscriptions().clear();
        connection.endMonitor();
        tracking.off();
        database = 0;
        readonly = false;
        asking = false;
        noEvict = false;
        noTouch = false;
        replyMode = ReplyMode.ON;
        skipNext = false;
        name = "";
        resp3(false);
        Acl acl = connection.server().acl();
        user = acl.defaultUser();
        authenticated = !acl.passwordRequired();
    }

    @Override
    public Subscriptions subscriptions() {
        return connection.pushes();
    }

    @Override
    public FollowerLink follow() {
        return connection.follow();
    }

    @Override
    public TrackingState tracking() {
        return tracking;
    }

    @Override
    public @Nullable TrackingOptions tracked() {
        return tracking.options();
    }

    @Override
    public boolean monitor() {
        return connection.monitor();
    }

    @Override
    public void acknowledges(long offset, long onDisk) {
        if (connection.isFollower()) {
            connection.follow().acknowledges(offset, onDisk, connection.server().micros() / 1000);
        }
    }

    @Override
    public boolean follows() {
        return connection.isFollower();
    }

    @Override
    public FollowerTraits followerTraits() {
        return followerTraits;
    }

    @Override
    public void followerTraits(FollowerTraits traits) {
        followerTraits = traits;
    }

    @Override
    public long wrotePosition() {
        return wrotePosition;
    }

    /** A write of this is in the stream of changes up to there. */
    void wrote(long position) {
        wrotePosition = position;
    }

    @Override
    public Multi transaction() {
        return multi;
    }

    @Override
    public String address() {
        return text(connection.remoteAddress());
    }

    @Override
    public String localAddress() {
        return text(connection.localAddress());
    }

    private static String text(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress internet) {
            String host = internet.getAddress() == null
                    ? internet.getHostString()
                    : internet.getAddress().getHostAddress();
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + internet.getPort();
        }
        return address == null ? "?:0" : address.toString();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String libraryName() {
        return libraryName;
    }

    @Override
    public String libraryVersion() {
        return libraryVersion;
    }

    @Override
    public String user() {
        return user.name();
    }

    @Override
    public long connectedMillis() {
        return connectedMillis;
    }

    @Override
    public long lastCommandMillis() {
        return lastCommandMillis;
    }

    @Override
    public int protocol() {
        return resp3() ? 3 : 2;
    }

    @Override
    public int queuedCommands() {
        return multi.open() ? multi.queued() : -1;
    }

    @Override
    public int watchedKeys() {
        return multi.watchCount();
    }

    @Override
    public String lastCommand() {
        return lastCommand;
    }

    @Override
    public long inputBytes() {
        return connection.inputBytes();
    }

    @Override
    public long argumentBytes() {
        return multi.queuedBytes();
    }

    @Override
    public long memoryBytes() {
        return connection.accountedBytes();
    }

    @Override
    public long outputBytes() {
        return connection.outputBytes();
    }

    @Override
    public String flags() {
        StringBuilder flags = new StringBuilder();
        if (connection.isFollower()) {
            flags.append('S');
        }
        if (connection.isMonitor()) {
            flags.append('O');
        }
        if (subscriptions().any()) {
            flags.append('P');
        }
        if (multi.open()) {
            flags.append('x');
        }
        if (connection.isBlocked()) {
            flags.append('b');
        }
        TrackingOptions tracked = tracking.options();
        if (tracked != null) {
            flags.append('t');
            flags.append(tracking.isBroken() ? "R" : "").append(tracked.broadcast() ? "B" : "");
        }
        if (connection.isClosing()) {
            flags.append('c');
        }
        if (readonly) {
            flags.append('r');
        }
        if (noEvict) {
            flags.append('e');
        }
        if (noTouch) {
            flags.append('T');
        }
        return flags.isEmpty() ? "N" : flags.toString();
    }

    @Override
    public boolean unblock(boolean withError) {
        return connection.unblock(withError);
    }

    @Override
    public CompletableFuture<?> closeIf(Predicate<Subscriptions> listens) {
        return connection.closeIf(listens);
    }

    @Override
    public void kill() {
        connection.kill();
    }
}
