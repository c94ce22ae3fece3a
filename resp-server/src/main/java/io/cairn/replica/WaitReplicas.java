package io.cairn.replica;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Followers;
import io.cairn.command.Persistence;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.SessionCall;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * WAIT and WAITAOF outside of raft mode: how many replicas have acknowledged the connection's last write, and whether it is on disk here. Redis: waitCommand;
 * waitaofCommand of 7.2.
 */
public final class WaitReplicas {
    private static final String WORDS = "noscript @slow @connection";
    /** How often at first, and at last, it is looked whether the log is on disk, and whether the client is still there. */
    private static final long FIRST_LOOK_MILLIS = 2;

    private static final long LAST_LOOK_MILLIS = 200;
    private static final String UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    private static final String DEPOSED =
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

    /** Who waits now; each leaves when it is answered. */
    private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean listening = new AtomicBoolean();

    /** The commands of one node. */
    public List<Command> table() {
        return List.of(
                Command.session("wait", 3, WORDS, this::await), Command.session("waitaof", 4, WORDS, this::awaitLog));
    }

    /** WAIT numreplicas timeout */
    private void await(SessionCall call) {
        if (isReplica("WAIT", call)) {
            return;
        }
        Long wanted = number(call.args(), 1);
        if (wanted == null) {
            call.reply().error("ERR value is not an integer or out of range");
            return;
        }
        Long timeout = timeout(call, 2);
        if (timeout != null) {
            start(new Waiter(call, false, 0, wanted, timeout));
        }
    }

    /** WAITAOF numlocal numreplicas timeout */
    private void awaitLog(SessionCall call) {
        Long local = number(call.args(), 1);
        if (local == null || local < 0 || local > 1) {
            call.reply().error("ERR value is out of range, must be between 0 and 1");
            return;
        }
        Long wanted = number(call.args(), 2);
        if (wanted == null || wanted < 0) {
            call.reply().error("ERR value is out of range, must be positive");
            return;
        }
        Long timeout = timeout(call, 3);
        if (timeout == null || isReplica("WAITAOF", call)) {
            return;
        }
        if (local > 0 && !call.server().persistence().status().logEnabled()) {
            call.reply().error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
            return;
        }
        start(new Waiter(call, true, local, wanted, timeout));
    }

    private static boolean isReplica(String name, SessionCall call) {
        boolean replica = !call.server().role().equals("master");
        if (replica) {
            call.reply()
                    .error("ERR " + name + " cannot be used with replica instances."
                            + " Please also note that"
                            + (name.equals("WAIT")
                                    ? " since Redis 4.0 if a replica is configured to be writable (which"
                                            + " is not the default) writes to replicas are just local and are not propagated."
                                    : " writes to replicas are just local and are not propagated."));
        }
        return replica;
    }

    private static @Nullable Long number(Args args, int i) {
        String text = args.text(i);
        return text.matches("-?[0-9]{1,18}") ? Long.valueOf(text) : null;
    }

    private static @Nullable Long timeout(SessionCall call, int i) {
        Long millis = number(call.args(), i);
        if (millis == null) {
            call.reply().error("ERR timeout is not an integer or out of range");
        } else if (millis < 0) {
            call.reply().error("ERR timeout is negative");
            return null;
        }
        return millis;
    }

    private void start(Waiter waiter) {
        if (waiter.isSatisfied() || waiter.call.inTransaction()) {
            waiter.write(waiter.call.reply());
            return;
        }
        if (listening.compareAndSet(false, true)) {
            waiter.followers.onAcknowledge(() -> waiters.forEach(Waiter::look));
        }
        waiter.begin();
        waiters.add(waiter);
        if (waiter.wanted > 0 && waiter.server.clients().pausedUntilMillis() == 0) {
            // While clients are paused nothing may go into the stream of changes. Redis: sendGetackToReplicas.
            waiter.followers.askForAcknowledgements();
        }
        waiter.look();
        waiter.lookAgain(FIRST_LOOK_MILLIS);
    }

    /** One connection that waits. */
    private final class Waiter {
        private final SessionCall call;
        private final ServerState server;
        private final Followers followers;
        private final boolean log;
        private final long wantedLocal;
        private final long wanted;
        private final long timeoutMillis;
        private final long client;
        private final long position;
        private final long logIndex;
        private final long beganNanos = System.nanoTime();
        private final AtomicBoolean ended = new AtomicBoolean();
        private SessionCall.@Nullable Later later;

        Waiter(SessionCall call, boolean log, long wantedLocal, long wanted, long timeoutMillis) {
            this.call = call;
            this.server = call.server();
            this.followers = server.followers();
            this.log = log;
            this.wantedLocal = wantedLocal;
            this.wanted = wanted;
            this.timeoutMillis = timeoutMillis;
            this.client = call.session().id();
            this.position = call.session().wrotePosition();
            this.logIndex = server.persistence().logIndex();
        }

        private long replicas() {
            return followers.acknowledged(position, log);
        }

        private long local() {
            Persistence persistence = server.persistence();
            return persistence.status().logEnabled() && persistence.syncedIndex() >= logIndex ? 1 : 0;
        }

        boolean isSatisfied() {
            return replicas() >= wanted && (wantedLocal == 0 || local() >= wantedLocal);
        }

        void write(Reply reply) {
            if (log) {
                reply.array(2);
                reply.number(local());
            }
            reply.number(replicas());
        }

        void begin() {
            SessionCall.Later own = call.later();
            later = own;
            own.onUnblock(withError -> end(reply -> {
                if (withError) {
                    reply.error(UNBLOCKED);
                } else {
                    write(reply);
                }
            }));
        }

        private void end(java.util.function.Consumer<Reply> answer) {
            SessionCall.Later own = later;
            if (own != null && ended.compareAndSet(false, true)) {
                waiters.remove(this);
                own.complete(answer);
            }
        }

        /** Answers if there is something to answer now. Any thread. */
        void look() {
            long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
            if (!server.role().equals("master")) {
                end(reply -> reply.error(DEPOSED));
            } else if (isSatisfied() || (timeoutMillis > 0 && passed >= timeoutMillis)) {
                end(this::write);
            }
        }

        void lookAgain(long pauseMillis) {
            long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
            long pause = timeoutMillis == 0 ? pauseMillis : Math.min(pauseMillis, timeoutMillis - passed);
            CompletableFuture.delayedExecutor(Math.max(1, pause), TimeUnit.MILLISECONDS)
                    .execute(() -> {
                        look();
                        if (server.clients().byId(client) == null) {
                            ended.set(true);
                            waiters.remove(this);
                        } else if (!ended.get()) {
                            lookAgain(Math.min(LAST_LOOK_MILLIS, pauseMillis * 2));
                        }
                    });
        }
    }
}
