package io.cairn.migrate;

import io.cairn.command.Migrations;
import io.cairn.command.MovingKeys;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** MIGRATE of one node: each on a thread, at most {@link #THREADS} at once, over connections that are kept for a while. */
public final class MigrationThreads implements Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationThreads.class);

    private static final int THREADS = 16;
    private static final int MAX_WAITING = 10_000;
    private static final long IDLE_SECONDS = 30;

    private final MovingKeys moving;
    private final MigrateLinks links = new MigrateLinks();
    private final ThreadPoolExecutor threads;

    public MigrationThreads(MovingKeys moving) {
        this.moving = moving;
        threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WAITING), work -> {
                    Thread thread = new Thread(work, "migrate");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void start(Request request, SessionCall.Later later) {
        Migration migration = new Migration(moving, links, request);
        try {
            threads.execute(() -> later.complete(run(migration)));
        } catch (RejectedExecutionException e) {
            later.complete(reply -> reply.error("TRYAGAIN Too many keys are being migrated"));
        }
    }

    @Override
    public int cachedConnections() {
        return links.size();
    }

    private static Consumer<Reply> run(Migration migration) {
        try {
            String line = migration.run();
            return reply -> {
                if (line.charAt(0) == '+') {
                    reply.simple(line.substring(1));
                } else {
                    reply.error(line);
                }
            };
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("MIGRATE failed", e);
            return reply -> reply.error("ERR the migration failed: " + e);
        }
    }
}
