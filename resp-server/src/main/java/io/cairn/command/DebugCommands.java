package io.cairn.command;

import io.cairn.config.DebugCommand;
import io.cairn.config.Keys;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DEBUG: the subcommands that tests need. All look at this node alone: no redirect, no leader asked. Redis: debug.c.
 */
final class DebugCommands {
    private static final Logger LOG = LoggerFactory.getLogger(DebugCommands.class);

    private static final String NOT_ALLOWED =
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to"
                    + " \"local\", you can run it from a local connection, otherwise you need to set this option in the"
                    + " configuration file, and then restart the server.";

    /** Longest DEBUG SLEEP, so that a typing error does not hold a connection for ever. */
    private static final double MAX_SLEEP_SECONDS = 3600;

    /** Redis: quicklistisSetPackedThreshold. */
    private static final long MAX_PACKED_THRESHOLD = (1L << 32) - (1 << 20);

    private static final long DEFAULT_PACKED_THRESHOLD = 1L << 30;

    private static final int MAX_MATCHED_BYTES = 1 << 20;

    /** One at a time of what reads, or exchanges, all of a node's memory, on a thread of its own. */
    private final AtomicBoolean working = new AtomicBoolean();

    /** DEBUG has no table of subcommands in Redis either. */
    void debug(SessionCall call) {
        Args args = call.args();
        if (!allowed(call)) {
            call.reply().error(NOT_ALLOWED);
            return;
        }
        Keyspace keyspace = call.server().keyspace();
        switch (args.text(1).toLowerCase(java.util.Locale.ROOT) + ' ' + (args.count() - 2)) {
            case "help 0" -> DebugHelp.reply(call.reply());
            case "sleep 1" -> sleep(call);
            case "set-active-expire 1" -> {
                keyspace.activeExpiry(!args.is(2, "0"));
                call.reply().ok();
            }
            case "digest 0" ->
                work(call, () -> simple(DatasetDigest.of(keyspace).all()));
            case "object 1" -> DebugObject.object(call);
            case "listpack 1" -> DebugObject.listpack(call);
            case "quicklist 1", "quicklist 2" -> DebugObject.quicklist(call);
            case "quicklist-packed-threshold 1" -> packedThreshold(call);
            case "change-repl-id 0" -> changeReplicationId(call);
            case "loadaof 0" ->
                work(
                        call,
                        () -> done(
                                call.server().persistence().reloadLog(), "Append Only File loaded by DEBUG LOADAOF"));
            case "jmap 0" -> work(call, DebugHeap::histogram);
            case "error 1" -> call.reply().error(args.bytes(2));
            case "log 1" -> {
                LOG.warn("DEBUG LOG: {}", ErrorText.argument(args, 2));
                call.reply().ok();
            }
            case "protocol 1" -> DebugProtocol.reply(call.reply(), args);
            case "stringmatch-len 2" -> stringMatch(call);
            case "digest 1" -> exactDigest(call);
            default -> variable(call);
        }
    }

    /** Subcommands of any number of arguments. */
    private void variable(SessionCall call) {
        Args args = call.args();
        if (args.is(1, "digest-value")) {
            digestValue(call);
        } else if (args.is(1, "reload")) {
            reload(call);
        } else {
            call.reply().error(ErrorText.subcommand("DEBUG", args.text(1)));
        }
    }

    /** Redis: allowProtectedAction. */
    private static boolean allowed(SessionCall call) {
        DebugCommand who = call.server().config().get(Keys.ENABLE_DEBUG_COMMAND);
        if (who != DebugCommand.LOCAL) {
            return who == DebugCommand.YES;
        }
        String address = call.session().client().address();
        return address.startsWith("127.")
                || address.startsWith("[::1]")
                || address.startsWith("[0:0:0:0:0:0:0:1]")
                || address.startsWith("::1")
                || address.startsWith("0:0:0:0:0:0:0:1");
    }

    private static Consumer<Reply> simple(String text) {
        return reply -> reply.simple(text);
    }

    /** OK, and a line in the log, unless something went wrong. */
    private static Consumer<Reply> done(@Nullable String error, String line) {
        if (error != null) {
            return reply -> reply.error(error);
        }
        LOG.warn("{}", line);
        return Reply::ok;
    }

    /** DEBUG DIGEST EXACT. */
    private void exactDigest(SessionCall call) {
        Keyspace keyspace = call.server().keyspace();
        if (call.args().is(2, "exact")) {
            work(call, () -> simple(DatasetDigest.exact(keyspace).all()));
        } else {
            call.reply().error(ErrorText.subcommand("DEBUG", call.args().text(1)));
        }
    }

    /** DEBUG DIGEST-VALUE key [key ...]: an array of digests, in the order of the keys. */
    private void digestValue(SessionCall call) {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 2; i < call.args().count(); i++) {
            keys.add(call.args().bytes(i));
        }
        Keyspace keyspace = call.server().keyspace();
        int database = call.session().database();
        work(call, () -> {
            DatasetDigest digest = DatasetDigest.of(keyspace);
            List<String> digests =
                    keys.stream().map(key -> digest.value(database, key)).toList();
            return reply -> {
                reply.array(digests.size());
                digests.forEach(reply::simple);
            };
        });
    }

    /** DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE]. */
    private void reload(SessionCall call) {
        Args args = call.args();
        boolean save = true;
        boolean flush = true;
        boolean merge = false;
        for (int i = 2; i < args.count(); i++) {
            if (args.is(i, "merge")) {
                merge = true;
            } else if (args.is(i, "noflush")) {
                flush = false;
            } else if (args.is(i, "nosave")) {
                save = false;
            } else {
                call.reply().error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
                return;
            }
        }
        Persistence.Reload how = new Persistence.Reload(save, flush, merge);
        work(call, () -> done(call.server().persistence().reload(how), "DB reloaded by DEBUG RELOAD"));
    }

    /** Takes locks for long, which an event loop may not wait for. */
    private void work(SessionCall call, Supplier<Consumer<Reply>> what) {
        if (!working.compareAndSet(false, true)) {
            call.reply().error("ERR another DEBUG command of this node reads all of its memory already");
            return;
        }
        SessionCall.Later later = call.later();
        Thread thread = new Thread(
                () -> {
                    Consumer<Reply> answer;
                    try {
                        answer = what.get();
                    } catch (RuntimeException | OutOfMemoryError e) {
                        LOG.error("DEBUG failed", e);
                        answer = reply -> reply.error("ERR it failed: " + e);
                    } finally {
                        working.set(false);
                    }
                    later.complete(answer);
                },
                "debug");
        thread.setDaemon(true);
        thread.start();
    }

    private static void changeReplicationId(SessionCall call) {
        if (call.server().changeReplicationId()) {
            LOG.warn("Changing replication IDs after receiving DEBUG change-repl-id");
            call.reply().ok();
        } else {
            call.reply().error("ERR the replication id of a raft node is that of its shard and does not change");
        }
    }

    private static void packedThreshold(SessionCall call) {
        long bytes = memory(call.args().text(2));
        if (bytes < 0 || bytes > MAX_PACKED_THRESHOLD) {
            call.reply().error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
            return;
        }
        call.server().keyspace().encodingLimits().listPlain = bytes == 0 ? DEFAULT_PACKED_THRESHOLD : bytes;
        call.reply().ok();
    }

    /** Redis: memtoull; -1 for what is none. */
    private static long memory(String text) {
        int digits = 0;
        while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        long unit = switch (text.substring(digits).toLowerCase(java.util.Locale.ROOT)) {
            case "", "b" -> 1;
            case "k" -> 1000;
            case "kb" -> 1 << 10;
            case "m" -> 1_000_000;
            case "mb" -> 1 << 20;
            case "g" -> 1_000_000_000;
            case "gb" -> 1 << 30;
            default -> -1;
        };
        return unit < 0 || digits == 0 || digits > 10 ? -1 : Long.parseLong(text.substring(0, digits)) * unit;
    }

    /** DEBUG STRINGMATCH-LEN length pattern: whether so many letters "a" match. */
    private static void stringMatch(SessionCall call) {
        Args args = call.args();
        long length =
                Decimal.fits(args.address(2), args.length(2)) ? Decimal.parse(args.address(2), args.length(2)) : -1;
        if (length < 0 || length > MAX_MATCHED_BYTES) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
            return;
        }
        byte[] text = new byte[(int) length];
        java.util.Arrays.fill(text, (byte) 'a');
        boolean matches = new GlobPattern(args.bytes(3), false).matches(text);
        call.reply().number(matches ? 1 : 0);
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
}
