package io.cairn.script;

import io.cairn.command.Args;
import io.cairn.command.Scripts;
import io.cairn.command.SessionCall;
import io.cairn.keyspace.Libraries;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of a node that runs scripts, in the order they came, with the one Lua state of the node. Event loops only
 * wait for it: so a script that does not end can still be killed. The thread begins with the first script.
 */
public final class ScriptThread implements Scripts, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScriptThread.class);
    /** Address space for the interpreter's own recursion; only what is touched takes memory. */
    private static final long STACK_BYTES = 64L << 20;

    private static final long CLOSE_SECONDS = 5;

    private final ScriptCache cache = new ScriptCache();
    private final LuaEngine lua;
    private final ScriptEngine engine;
    private final LongSupplier busyMillis;
    private final LinkedBlockingQueue<Consumer<ScriptEngine>> tasks = new LinkedBlockingQueue<>();
    private volatile Libraries libraryTexts = new Libraries();
    private volatile long interpreterBytes;
    private volatile boolean closed;

    @Nullable
    private Thread thread;

    /**
     * @param commands whether there is such a command
     * @param memoryLimit most bytes that Lua may use
     * @param busyMillis after so long a script makes the node answer BUSY; 0 for never
     */
    public ScriptThread(Predicate<Args> commands, LongSupplier memoryLimit, LongSupplier busyMillis) {
        this.busyMillis = busyMillis;
        this.lua = new LuaEngine(commands, memoryLimit, busyMillis);
        this.engine = new ScriptEngine(cache, lua);
    }

    /** Runs a task on the script thread; it must not throw. False when the node stops. */
    public boolean submit(Consumer<ScriptEngine> task) {
        if (closed) {
            return false;
        }
        tasks.add(task);
        start();
        return true;
    }

    private synchronized void start() {
        if (thread == null && !closed) {
            Thread started = new FastThreadLocalThread(null, this::work, "scripts", STACK_BYTES);
            started.setDaemon(true);
            thread = started;
            started.start();
        }
    }

    private void work() {
        try {
            while (!closed) {
                Consumer<ScriptEngine> task = tasks.poll(1, TimeUnit.SECONDS);
                if (task == null) {
                    continue;
                }
                try {
                    task.accept(engine);
                } catch (RuntimeException | Error e) {
                    LOG.error("a task of the script thread failed", e);
                }
                interpreterBytes = lua.memory();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lua.close();
        }
    }

    // ---- what session commands see

    @Override
    public boolean busy() {
        ScriptRun run = lua.running();
        if (run == null) {
            return false;
        }
        long threshold = busyMillis.getAsLong();
        return threshold > 0 && TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - run.startNanos()) >= threshold;
    }

    @Override
    public @Nullable String kill(boolean function) {
        ScriptRun run = lua.running();
        if (run == null) {
            return "NOTBUSY No scripts in execution right now.";
        }
        if (run.wrote()) {
            return "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait"
                    + " the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.";
        }
        if (run.script().is(Script.FUNCTION) != function) {
            return busyError();
        }
        run.kill();
        return null;
    }

    /** Ends the script that runs now, if any. Any thread. */
    public void abandon() {
        ScriptRun run = lua.running();
        if (run != null) {
            run.kill();
        }
    }

    @Override
    public String busyError() {
        ScriptRun run = lua.running();
        return run != null && run.script().is(Script.FUNCTION) ? BUSY_FUNCTION : BUSY;
    }

    /** The texts of the libraries that functions are in; before the first script. */
    public void libraries(Libraries texts) {
        engine.libraries().texts(texts);
        libraryTexts = texts;
    }

    @Override
    public void libraries(Predicate<String> wanted, boolean code, SessionCall.Later later) {
        boolean taken = submit(on -> {
            List<FunctionLibrary> all = new ArrayList<>(on.libraries().all());
            all.removeIf(library -> !wanted.test(library.name()));
            later.complete(reply -> LibraryReplies.list(all, code, reply));
        });
        if (!taken) {
            later.complete(reply -> reply.error("ERR the node is stopping"));
        }
    }

    @Override
    public void stats(SessionCall.Later later) {
        ScriptRun running = lua.running();
        if (busy() && running != null && !running.script().is(Script.FUNCTION)) {
            later.complete(reply -> reply.error(BUSY));
        } else if (running != null && running.script().is(Script.FUNCTION)) {
            later.complete(reply -> LibraryReplies.stats(
                    running, libraryTexts, engine.libraries().functionsSeen(), reply));
        } else if (!submit(on -> {
            int count = on.libraries().functions();
            later.complete(reply -> LibraryReplies.stats(null, libraryTexts, count, reply));
        })) {
            later.complete(reply -> reply.error("ERR the node is stopping"));
        }
    }

    @Override
    public boolean exists(byte[] sha) {
        return cache.exists(sha);
    }

    @Override
    public void load(byte[] body, SessionCall.Later later) {
        boolean taken = submit(on -> {
            Script script = on.load(body, true, error -> later.complete(reply -> reply.error(error)));
            if (script != null) {
                later.complete(reply -> reply.bulk(script.name()));
            }
        });
        if (!taken) {
            later.complete(reply -> reply.error("ERR the node is stopping"));
        }
    }

    @Override
    public void flush(SessionCall.Later later) {
        boolean taken = submit(on -> {
            on.flush();
            later.complete(io.cairn.command.Reply::ok);
        });
        if (!taken) {
            later.complete(io.cairn.command.Reply::ok);
        }
    }

    @Override
    public int cached() {
        return cache.size();
    }

    @Override
    public long cachedBytes() {
        return cache.bytes();
    }

    @Override
    public long interpreterBytes() {
        return interpreterBytes;
    }

    /** Ends the script that runs, drops those that wait. Blocks until the thread is gone, for some seconds at most. */
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = thread;
        }
        lua.stop();
        if (running == null) {
            return;
        }
        try {
            running.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (running.isAlive()) {
            LOG.warn("a script did not end");
        }
    }
}
