package io.cairn.command;

import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DEBUG: the subcommands that tests need. All look at this node alone: no redirect, no leader asked. Redis: debug.c.
 */
final class DebugCommands {
    private static final Logger LOG = LoggerFactory.getLogger(DebugCommands.class);

    /** Longest DEBUG SLEEP, so that a typing error does not hold a connection for ever. */
    private static final double MAX_SLEEP_SECONDS = 3600;

    /** One digest of a node at a time: each may read all of its memory, on a thread of its own. */
    private final AtomicBoolean digesting = new AtomicBoolean();

    /** DEBUG has no table of subcommands in Redis either. */
    void debug(SessionCall call) {
        Args args = call.args();
        if (args.is(1, "sleep") && args.count() == 3) {
            sleep(call);
        } else if (args.is(1, "set-active-expire") && args.count() == 3) {
            call.server().keyspace().activeExpiry(!args.is(2, "0"));
            call.reply().ok();
        } else if (args.is(1, "digest") && args.count() == 2) {
            Keyspace keyspace = call.server().keyspace();
            digest(call, () -> one(DatasetDigest.of(keyspace).all()));
        } else if (args.is(1, "digest") && args.count() == 3 && args.is(2, "exact")) {
            Keyspace keyspace = call.server().keyspace();
            digest(call, () -> one(DatasetDigest.exact(keyspace).all()));
        } else if (args.is(1, "digest-value")) {
            digestValue(call);
        } else if (args.is(1, "help") && args.count() == 2) {
            help(call);
        } else {
            call.reply().error(ErrorText.subcommand("DEBUG", args.text(1)));
        }
    }

    private static Consumer<Reply> one(String digest) {
        return reply -> reply.simple(digest);
    }

    /** DEBUG DIGEST-VALUE key [key ...]: an array of digests, in the order of the keys. */
    private void digestValue(SessionCall call) {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 2; i < call.args().count(); i++) {
            keys.add(call.args().bytes(i));
        }
        Keyspace keyspace = call.server().keyspace();
        int database = call.session().database();
        digest(call, () -> {
            DatasetDigest digest = DatasetDigest.of(keyspace);
            List<String> digests =
                    keys.stream().map(key -> digest.value(database, key)).toList();
            return reply -> {
                reply.array(digests.size());
                digests.forEach(reply::simple);
            };
        });
    }

    /** Reading takes locks for long, which an event loop may not wait for. */
    private void digest(SessionCall call, Supplier<Consumer<Reply>> digest) {
        if (!digesting.compareAndSet(false, true)) {
            call.reply().error("ERR a digest of this node is being computed already");
            return;
        }
        SessionCall.Later later = call.later();
        Thread thread = new Thread(
                () -> {
                    Consumer<Reply> answer;
                    try {
                        answer = digest.get();
                    } catch (RuntimeException | OutOfMemoryError e) {
                        LOG.error("DEBUG DIGEST failed", e);
                        answer = reply -> reply.error("ERR the digest failed: " + e);
                    } finally {
                        digesting.set(false);
                    }
                    later.complete(answer);
                },
                "debug-digest");
        thread.setDaemon(true);
        thread.start();
    }

    /** DEBUG SLEEP seconds: this connection waits; unlike in Redis, no other does. */
    private static void sleep(SessionCall call) {
        double seconds;
        try {
            seconds = Double.parseDouble(call.args().text(2));
        } catch (NumberFormatException e) {
            // Redis reads the number with strtod and takes what is none for zero.
            seconds = 0;
        }
        if (!(seconds > 0)) {
            call.reply().ok();
            return;
        }
        long millis = (long) (Math.min(seconds, MAX_SLEEP_SECONDS) * 1000);
        SessionCall.Later later = call.later();
        Executor delayed = CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS);
        delayed.execute(() -> later.complete(Reply::ok));
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "DEBUG",
                "DIGEST [EXACT]",
                "    A digest of all keys here; EXACT takes in the times of expiry and the versions too.",
                "DIGEST-VALUE <key> [<key> ...]",
                "    A digest of each key's value.",
                "SET-ACTIVE-EXPIRE <0|1>",
                "    Setting it to 0 disables expiring keys in background when they are not accessed.",
                "SLEEP <seconds>",
                "    Answer after <seconds>; other connections do not wait.");
    }
}
