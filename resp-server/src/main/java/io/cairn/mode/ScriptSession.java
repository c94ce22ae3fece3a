package io.cairn.mode;

import io.cairn.acl.User;
import io.cairn.command.Args;
import io.cairn.command.Client;
import io.cairn.command.ClientTracking;
import io.cairn.command.Command;
import io.cairn.command.FollowerLink;
import io.cairn.command.FollowerTraits;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.Session;
import io.cairn.command.SessionCall;
import io.cairn.command.Subscriptions;
import io.cairn.command.Transaction;
import io.cairn.script.CapturedReply;
import io.cairn.script.ScriptRun;
import org.jspecify.annotations.Nullable;

/**
 * The connection that a script's commands of the connection and the server see: it has a database, that of the script, and
 * nothing else. Redis: the Lua client.
 */
final class ScriptSession implements SessionCall, Session {
    private static final String NOT_ALLOWED = "This Redis command is not allowed from script";

    private final ServerState server;
    private @Nullable ScriptRun run;
    private @Nullable Args args;
    private @Nullable Reply reply;

    ScriptSession(ServerState server) {
        this.server = server;
    }

    void begin(ScriptRun of) {
        run = of;
    }

    /** @return the error that refuses it, or null */
    @Nullable
    String call(Command command, Args with, CapturedReply to, long now) {
        args = with;
        reply = to;
        try {
            if (command.name().equals("time")) {
                time(to, now);
            } else {
                java.util.Objects.requireNonNull(command.session(), command.name())
                        .run(this);
            }
            return null;
        } catch (UnsupportedOperationException e) {
            to.rewind();
            return NOT_ALLOWED;
        } finally {
            args = null;
            reply = null;
        }
    }

    /** Subscribing in a script is refused by its flags; what is left may as well run. */
    @Override
    public boolean inTransaction() {
        return true;
    }

    /** Time stands still in a script. */
    private static void time(Reply to, long now) {
        to.array(2);
        to.bulkNumber(now / 1000);
        to.bulkNumber(now % 1000 * 1000);
    }

    private static UnsupportedOperationException none() {
        return new UnsupportedOperationException("a script has no connection");
    }

    private ScriptRun run() {
        return java.util.Objects.requireNonNull(run);
    }

    // ---- SessionCall

    @Override
    public Args args() {
        return java.util.Objects.requireNonNull(args);
    }

    @Override
    public Reply reply() {
        return java.util.Objects.requireNonNull(reply);
    }

    @Override
    public Session session() {
        return this;
    }

    @Override
    public ServerState server() {
        return server;
    }

    @Override
    public Later later() {
        throw none();
    }

    // ---- Session

    @Override
    public long id() {
        return 0;
    }

    @Override
    public Client client() {
        throw none();
    }

    @Override
    public int database() {
        return run().database;
    }

    @Override
    public void select(int database) {
        run().database = database;
    }

    @Override
    public boolean readonly() {
        return false;
    }

    @Override
    public void readonly(boolean readonly) {
        throw none();
    }

    @Override
    public void asking() {
        throw none();
    }

    @Override
    public boolean authenticated() {
        return true;
    }

    @Override
    public void authenticated(User user) {
        throw none();
    }

    @Override
    public boolean resp3() {
        return reply().resp3();
    }

    @Override
    public void resp3(boolean resp3) {
        throw none();
    }

    @Override
    public void name(String name) {
        throw none();
    }

    @Override
    public void libraryName(String name) {
        throw none();
    }

    @Override
    public void libraryVersion(String version) {
        throw none();
    }

    @Override
    public void replyMode(ReplyMode mode) {
        throw none();
    }

    @Override
    public void noEvict(boolean noEvict) {
        throw none();
    }

    @Override
    public void noTouch(boolean noTouch) {
        throw none();
    }

    @Override
    public void closeAfterReply() {
        throw none();
    }

    @Override
    public void reset() {
        throw none();
    }

    @Override
    public Subscriptions subscriptions() {
        return Subscriptions.NONE;
    }

    @Override
    public FollowerLink follow() {
        throw none();
    }

    @Override
    public ClientTracking tracking() {
        throw none();
    }

    @Override
    public boolean monitor() {
        throw none();
    }

    @Override
    public void acknowledges(long offset, long onDisk) {}

    @Override
    public boolean follows() {
        return false;
    }

    @Override
    public FollowerTraits followerTraits() {
        return FollowerTraits.NONE;
    }

    @Override
    public void followerTraits(FollowerTraits traits) {}

    @Override
    public long wrotePosition() {
        return 0;
    }

    @Override
    public Transaction transaction() {
        throw none();
    }
}
