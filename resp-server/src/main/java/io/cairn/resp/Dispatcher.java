package io.cairn.resp;

import io.cairn.acl.AclLog;
import io.cairn.acl.Caller;
import io.cairn.acl.Denial;
import io.cairn.acl.Judge;
import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.Session;
import io.cairn.command.SessionCall;
import io.cairn.command.SessionGroup;
import io.cairn.command.SessionHandler;
import io.cairn.command.SlowLog;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.metrics.LoopStats;
import io.cairn.mode.Mode;
import io.cairn.mode.Refusal;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes decoded requests of one node on one event loop through Redis's checks (processCommand) to their handler or the
 * mode. Holds what the loop's connections share. Confined to the loop.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private static final byte NO_AUTH = 1;
    /** Runs inside of MULTI instead of being queued. */
    private static final byte ENDS_QUEUE = 2;

    private static final byte MAY_WRITE = 4;
    private static final byte NO_MULTI = 8;
    /** Allowed on a RESP2 connection that listens to channels. */
    private static final byte WHILE_SUBSCRIBED = 16;
    /** Answers by pushes, which no CLIENT REPLY holds back. */
    private static final byte SUBSCRIBES = 32;
    /** Runs while a script keeps the node busy. */
    private static final byte ALLOW_BUSY = 64;

    /** May wait for keys. */
    private static final byte BLOCKING = -128;

    private final Endpoint endpoint;
    private final ServerState server;
    private final CommandTable table;
    private final Mode mode;
    private final LoopStats stats;
    private final ArgsPool pool = new ArgsPool();
    private final byte[] traits;
    private final Judge judge;
    private final Running running = new Running();
    private long nanos;
    private long turnMillis;
    /** The command that ran last answered by pushes. */
    private boolean pushed;

    Dispatcher(Endpoint endpoint, LoopStats stats) {
        this.endpoint = endpoint;
        this.server = endpoint.server();
        this.table = server.commands();
        this.mode = endpoint.mode();
        this.stats = stats;
        this.judge = server.acl().judge();
        this.traits = new byte[table.size()];
        for (int id = 0; id < traits.length; id++) {
            traits[id] = traits(table.command(id));
        }
    }

    private static byte traits(Command command) {
        int traits = command.is(Flag.NO_AUTH) ? NO_AUTH : 0;
        if (command.is(Flag.WRITE) || command.is(Flag.MAY_REPLICATE)) {
            traits |= MAY_WRITE;
        }
        if (command.is(Flag.NO_MULTI)) {
            traits |= NO_MULTI;
        }
        if (command.is(Flag.ALLOW_BUSY)) {
            traits |= ALLOW_BUSY;
        }
        if (command.is(Flag.BLOCKING)) {
            traits |= BLOCKING;
        }
        return (byte)
                switch (command.name()) {
                    case "exec" -> traits | ENDS_QUEUE | MAY_WRITE;
                    case "discard", "multi", "watch" -> traits | ENDS_QUEUE;
                    case "quit", "reset" -> traits | ENDS_QUEUE | WHILE_SUBSCRIBED;
                    case "ping" -> traits | WHILE_SUBSCRIBED;
                    case "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe" ->
                        traits | WHILE_SUBSCRIBED | SUBSCRIBES;
                    default -> traits;
                };
    }

    LoopStats stats() {
        return stats;
    }

    ArgsPool pool() {
        return pool;
    }

    /** Reads the clocks; once for all requests that one read brought. */
    void beginTurn() {
        nanos = System.nanoTime();
        turnMillis = System.currentTimeMillis();
    }

    /** Runs or submits a request; false when it must be offered again later. */
    boolean dispatch(Connection connection, ClientState state, Args args) {
        long mark = connection.replies().bytes();
        boolean plain = state.plainReplies();
        pushed = false;
        if (!handle(connection, state, args)) {
            return false;
        }
        if (!plain || !state.plainReplies()) {
            if (!state.repliesNow() && !pushed && connection.pending() == 0) {
                // Less than before is there when the connection is to close without replies.
                connection
                        .replies()
                        .truncate(Math.min(mark, connection.replies().bytes()));
            }
            state.commandDone();
        }
        return true;
    }

    private boolean handle(Connection connection, ClientState state, Args args) {
        int id = table.find(args);
        if (id < 0) {
            if (Refusals.isHttp(args)) {
                abort(connection, state);
                return true;
            }
            return refuse(connection, state, -1, Refusals.unknown(args, id));
        }
        Command command = table.command(id);
        boolean done = handle(connection, state, id, command, args);
        if (done
                && state.tracking().cachingGiven()
                && !state.multi().open()
                && !command.name().startsWith("client|")) {
            state.tracking().commandDone();
        }
        return done;
    }

    private boolean handle(Connection connection, ClientState state, int id, Command command, Args args) {
        int arity = command.arity();
        if (arity > 0 ? args.count() != arity : args.count() < -arity) {
            return refuse(connection, state, id, "ERR wrong number of arguments for '" + command.name() + "' command");
        }
        int trait = traits[id];
        if (!state.authenticated() && (trait & NO_AUTH) == 0 && server.acl().passwordRequired()) {
            return refuse(connection, state, id, "NOAUTH Authentication required.");
        }
        Multi multi = state.multi();
        if ((trait & ALLOW_BUSY) == 0 && server.scripts().busy()) {
            return refuse(connection, state, id, server.scripts().busyError());
        }
        if (multi.open() && (trait & NO_MULTI) != 0) {
            return refuse(connection, state, id, "ERR Command not allowed inside a transaction");
        }
        if (!state.account().unrestricted()) {
            Denial denial = judge.denial(state.account(), command, args);
            if (denial != null) {
                AclLog.Context context = multi.open() ? AclLog.Context.MULTI : AclLog.Context.TOPLEVEL;
                return connection.pending() == 0
                        && refuse(connection, state, id, denied(state, denial, context, command, args));
            }
            String pattern = multi.open() ? null : judge.patternRefusal(state.account(), command, args);
            if (pattern != null) {
                return refuse(connection, state, id, pattern);
            }
        }
        if ((trait & WHILE_SUBSCRIBED) == 0 && state.subscriptions().any() && !state.resp3()) {
            return refuse(connection, state, id, notWhileSubscribed(connection, command, args));
        }
        if (connection.isMonitor() && touchesKeys(command)) {
            return refuse(connection, state, id, "ERR Replica can't interact with the keyspace");
        }
        if (endpoint.connections().mayBePaused()
                && !connection.isFollower() // Its acknowledgements are what others wait for.
                && paused(connection, (trait & MAY_WRITE) != 0)) {
            return false;
        }
        String refusal = server.refusal(command);
        if (refusal != null) {
            return refuse(connection, state, id, refusal);
        }
        state.lastCommandMillis = turnMillis;
        if (multi.open() && (trait & ENDS_QUEUE) == 0) {
            queue(connection, state, id, command, args);
        } else if (command.session() != null) {
            if (connection.pending() > 0 || isHeld(connection, multi, command, args)) {
                return false;
            }
            int errors = connection.replies().errors();
            boolean subscribes = (trait & SUBSCRIBES) != 0;
            if (!subscribes) {
                state.lastCommand = command.name();
            }
            boolean open = multi.open();
            runSession(connection, state, id, command, args);
            if (open && !multi.open()) {
                // What was said before MULTI held until here. Redis: resetClient.
                state.clearAsking();
            }
            if (subscribes) {
                // Whoever sees it in CLIENT LIST, on another event loop, may count on its effect.
                state.lastCommand = command.name();
            }
            pushed = (trait & SUBSCRIBES) != 0 && connection.replies().errors() == errors;
        } else if (!runData(connection, state, id, command, args)) {
            return false;
        }
        return true;
    }

    private static boolean touchesKeys(Command command) {
        return command.is(Flag.WRITE) || command.is(Flag.READONLY) || command.is(Flag.MAY_REPLICATE);
    }

    /** Notes that a call is denied, and says its error. */
    private String denied(ClientState state, Denial denial, AclLog.Context context, Command command, Args args) {
        server.acl().denied(new Caller(state.account(), state), denial, context, command, args);
        return denial.error(command);
    }

    /** Why a call that was queued may not run, since the user may have other rights now; or null. Redis: execCommand. */
    @Nullable
    String refusalAtExec(ClientState state, QueuedCall call) {
        Denial denial = judge.denial(state.account(), call.command, call.args);
        if (denial == null) {
            return judge.patternRefusal(state.account(), call.command, call.args);
        }
        denied(state, denial, AclLog.Context.MULTI, call.command, call.args);
        return denial.errorOfExec();
    }

    private static SessionHandler member(Command command) {
        SessionHandler handler = Objects.requireNonNull(command.session());
        return handler instanceof SessionGroup.Member member ? member.member() : handler;
    }

    /** Why all keys are held for long. */
    private String busyError() {
        return server.keyspace().isLoading()
                ? Refusal.LOADING
                : server.scripts().busyError();
    }

    /** EXEC waits for what its commands would wait for; commands that name keys (WATCH) come behind clients that are being served. */
    private boolean isHeld(Connection connection, Multi multi, Command command, Args args) {
        return multi.open()
                ? command.name().equals("exec") && multi.isHeld(mode)
                : command.keys().first() > 0 && mode.holds(connection, command, args);
    }

    /** In a cluster a redirect is more to the point, as in Redis. */
    private String notWhileSubscribed(Connection connection, Command command, Args args) {
        String elsewhere = command.keys().first() > 0 ? mode.refusal(connection, command, args) : null;
        return elsewhere != null && elsewhere.startsWith("MOVED")
                ? elsewhere
                : "ERR Can't execute '" + command.name()
                        + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
    }

    /** A browser was made to send requests here: no reply, and nothing after it runs. Redis: securityWarningCommand. */
    private void abort(Connection connection, ClientState state) {
        if (endpoint.connections().mayWarnOfAttack(turnMillis)) {
            LOG.warn(
                    "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to"
                            + " Cairn. This is likely due to an attacker attempting to use Cross Protocol Scripting to"
                            + " compromise your Cairn instance. Connection from {} aborted.",
                    state.address());
        }
        connection.replies().truncate(0);
        connection.closeAfterReply();
    }

    private boolean runData(Connection connection, ClientState state, int id, Command command, Args args) {
        boolean mayWait = (traits[id] & BLOCKING) != 0 && command.mayWait(args);
        if (mayWait) {
            if (connection.pending() > 0) {
                return false;
            }
            connection.beginFirst(new BlockedCall.First(id, command, !state.repliesNow()));
        }
        int errors = connection.replies().errors();
        long mark = connection.replies().bytes();
        Mode.Outcome outcome;
        try {
            outcome = mode.execute(connection, command, args);
        } catch (StripeBusyException e) {
            connection.replies().truncate(mark);
            connection.endFirst();
            return refuse(connection, state, id, busyError());
        } catch (RuntimeException | StackOverflowError e) {
            if (command.is(Flag.WRITE)) {
                // It may have changed half of what it should have: nothing after it can be trusted.
                endpoint.failure().fatal("running " + command.name(), e);
            } else {
                LOG.error("running {}", command.name(), e);
            }
            connection.replies().truncate(mark);
            connection.replies().error("ERR internal error");
            outcome = Mode.Outcome.DONE;
        }
        if (outcome == Mode.Outcome.WAIT) {
            connection.endFirst();
            return false;
        }
        state.lastCommand = command.name();
        state.clearAsking();
        if (outcome == Mode.Outcome.PENDING) {
            connection.accepted(id, nanos);
        } else if (mayWait && connection.endFirst()) {
            connection.replies().truncate(mark);
        } else {
            executed(id, connection.replies().errors() != errors, args, state);
        }
        return true;
    }

    private void runSession(Connection connection, ClientState state, int id, Command command, Args args) {
        int errors = connection.replies().errors();
        long mark = connection.replies().bytes();
        String refusal = command.keys().first() > 0 ? mode.refusal(connection, command, args) : null;
        if (refusal != null) {
            refuse(connection, state, id, refusal);
            return;
        }
        try {
            running.begin(connection, state, id, args);
            Objects.requireNonNull(command.session()).run(running);
        } catch (StripeBusyException e) {
            connection.replies().truncate(mark);
            connection.replies().error(busyError());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("running {}", command.name(), e);
            connection.replies().truncate(mark);
            connection.replies().error("ERR internal error");
        }
        if (!command.is(Flag.SKIP_MONITOR)) {
            connection.shows(command, args, state.database());
        }
        if (running.answersLater()) {
            nanos = System.nanoTime();
        } else {
            executed(id, connection.replies().errors() != errors, args, state);
        }
    }

    /** Runs a session command of an EXEC. */
    void runQueued(Connection connection, ClientState state, QueuedCall call) {
        runSession(connection, state, table.id(call.command), call.command, call.args);
    }

    /** Runs session commands of an EXEC that take effect together; {@code run} gets what answers them. */
    void runTogether(Connection connection, ClientState state, List<QueuedCall> calls, ExecRun run) {
        QueuedCall first = calls.get(0);
        SessionGroup group =
                Objects.requireNonNull(((SessionGroup.Member) Objects.requireNonNull(first.command.session())).group());
        List<SessionGroup.Queued> queued = calls.stream()
                .map(call -> new SessionGroup.Queued(member(call.command), call.args))
                .toList();
        CompletableFuture<List<Consumer<Reply>>> done = group.run(server, queued);
        Waiting waiting =
                new Waiting(connection, state, table.id(first.command), SlowLog.shown(first.args), System.nanoTime());
        done.thenAccept(replies -> waiting.complete(reply -> {
            run.answers(replies.subList(1, replies.size()));
            replies.get(0).accept(reply);
        }));
    }

    private void executed(int id, boolean failed, Args args, ClientState state) {
        long now = System.nanoTime();
        long elapsed = now - nanos;
        nanos = now;
        stats.executed(id, elapsed, failed);
        if (server.slowLog().takes(elapsed) || server.latency().takes(elapsed)) {
            slow(id, elapsed, SlowLog.shown(args), state);
        }
    }

    /** A reply that came later is there. */
    private void executedLater(int id, boolean failed, long began, List<byte[]> arguments, ClientState state) {
        long elapsed = System.nanoTime() - began;
        stats.executed(id, elapsed, failed);
        if (server.slowLog().takes(elapsed) || server.latency().takes(elapsed)) {
            turnMillis = System.currentTimeMillis();
            slow(id, elapsed, arguments, state);
        }
    }

    /** Each has a threshold of its own. Redis: call. */
    private void slow(int id, long elapsed, List<byte[]> arguments, ClientState state) {
        Command command = table.command(id);
        if (server.slowLog().takes(elapsed) && !command.is(Flag.SKIP_SLOWLOG)) {
            server.slowLog().add(turnMillis / 1000, elapsed / 1000, arguments, state);
        }
        server.latency()
                .add(command.is(Flag.FAST) ? "fast-command" : "command", turnMillis / 1000, elapsed / 1_000_000);
    }

    private void queue(Connection connection, ClientState state, int id, Command command, Args args) {
        boolean routed = command.session() == null || command.keys().first() > 0;
        String refusal = routed ? mode.refusal(connection, command, args) : null;
        if (refusal == null && !mode.makeRoom(connection)) {
            refusal = Refusal.OUT_OF_MEMORY;
        }
        if (refusal != null) {
            refuse(connection, state, id, refusal);
        } else if (state.multi().queue(command, args, endpoint.limits().maxQueryBytes)) {
            connection.replies().simple("QUEUED");
        } else {
            refuse(connection, state, id, "ERR transaction exceeds client-query-buffer-limit");
        }
    }

    /** False, and the call waits, while calls before it are not answered yet. */
    private boolean refuse(Connection connection, ClientState state, int id, String error) {
        if (connection.pending() > 0) {
            return false;
        }
        if (id >= 0 && table.command(id).name().equals("exec")) {
            // Redis: rejectCommand answers a refused EXEC with the end of its transaction.
            String cause = error.startsWith("ERR ") ? error.substring(4) : error;
            connection.replies().error("EXECABORT Transaction discarded because of: " + cause);
            state.multi().discard();
        } else {
            connection.replies().error(error);
            state.multi().fail();
        }
        if (id >= 0) {
            stats.rejected(id);
        }
        return true;
    }

    private boolean paused(Connection connection, boolean mayWrite) {
        long until = endpoint.connections().pausedUntil(mayWrite);
        long now = System.currentTimeMillis();
        if (until <= now) {
            return false;
        }
        connection.wakeAfter(until - now + 1);
        return true;
    }

    /** The context of the session command that runs, reused. */
    private final class Running implements SessionCall {
        private @Nullable Connection connection;
        private @Nullable ClientState state;
        private @Nullable Args args;
        private int id;
        private boolean later;

        void begin(Connection on, ClientState its, int command, Args with) {
            connection = on;
            state = its;
            id = command;
            args = with;
            later = false;
        }

        /** True when the command that ran will be accounted when its reply comes; asked once, as EXEC runs others. */
        boolean answersLater() {
            boolean answer = later;
            later = false;
            return answer;
        }

        private Connection connection() {
            Connection current = connection;
            if (current == null) {
                throw new IllegalStateException("no command runs");
            }
            return current;
        }

        @Override
        public Args args() {
            Args current = args;
            if (current == null) {
                throw new IllegalStateException("no command runs");
            }
            return current;
        }

        @Override
        public Reply reply() {
            return connection().replies();
        }

        @Override
        public Session session() {
            Session current = state;
            if (current == null) {
                throw new IllegalStateException("no command runs");
            }
            return current;
        }

        @Override
        public ServerState server() {
            return server;
        }

        @Override
        public boolean inTransaction() {
            return connection().runsExec();
        }

        @Override
        public Later later() {
            later = true;
            return new Waiting(connection(), Objects.requireNonNull(state), id, SlowLog.shown(args()), nanos);
        }
    }

    /** A call whose reply comes later. */
    private final class Waiting implements SessionCall.Later {
        private final Connection connection;
        private final ClientState state;
        private final int id;
        private final List<byte[]> arguments;
        private final long began;
        private final AtomicBoolean done = new AtomicBoolean();
        private boolean accounted;

        Waiting(Connection connection, ClientState state, int id, List<byte[]> arguments, long began) {
            this.connection = connection;
            this.state = state;
            this.id = id;
            this.arguments = arguments;
            this.began = began;
            connection.beginWaiting();
        }

        @Override
        public void complete(Consumer<Reply> reply) {
            if (done.compareAndSet(false, true)) {
                connection.eventLoop().execute(() -> answer(reply));
            }
        }

        @Override
        public void onUnblock(Consumer<Boolean> end) {
            connection.unblocks(end);
        }

        private void answer(Consumer<Reply> reply) {
            connection.endWaiting(out -> {
                int errors = connection.replies().errors();
                reply.accept(out);
                account(connection.replies().errors() != errors);
            });
            if (!accounted) {
                account(false); // The client is gone, and what it waited for was slow all the same.
            }
        }

        private void account(boolean failed) {
            accounted = true;
            executedLater(id, failed, began, arguments, state);
        }
    }
}
