package io.cairn.script;

import io.cairn.acl.Caller;
import io.cairn.command.Args;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a script: what its commands need to know of it. Confined to the script thread, but for {@link #kill} and
 * what it reads.
 */
public final class ScriptRun {
    /** Runs the commands that a script calls. */
    @FunctionalInterface
    public interface Host {
        /**
         * Runs one command.
         *
         * @param args in memory that lives until this returns
         * @return the error that refuses it (with '-' when it begins with its code), or null when {@code reply} holds its
         *     reply, which may be an error too
         */
        @Nullable
        String call(ScriptRun run, Args args, CapturedReply reply);

        /** Whether the caller of the script may run a command, which there is. */
        default boolean allows(ScriptRun run, Args args) {
            return true;
        }
    }

    private final Script script;
    private final boolean readOnly;
    private final Host host;
    private final @Nullable Caller caller;
    private final long startNanos = System.nanoTime();
    /** The database that the script works on; SELECT changes it. */
    public int database;

    private boolean resp3;
    private volatile ScriptEngine.@Nullable Prepared prepared;
    private boolean read;
    private volatile boolean wrote;
    private volatile boolean killed;

    /**
     * @param readOnly EVAL_RO, EVALSHA_RO: no command that writes
     * @param caller whose rights the script has; null for all rights
     */
    public ScriptRun(Script script, boolean readOnly, int database, Host host, @Nullable Caller caller) {
        this.script = script;
        this.readOnly = readOnly || script.is(Script.NO_WRITES);
        this.database = database;
        this.host = host;
        this.caller = caller;
    }

    public Script script() {
        return script;
    }

    /** Whether commands that write are refused. */
    public boolean readOnly() {
        return readOnly;
    }

    /** Whose rights the script has, or null for all rights. */
    public @Nullable Caller caller() {
        return caller;
    }

    Host host() {
        return host;
    }

    long startNanos() {
        return startNanos;
    }

    boolean resp3() {
        return resp3;
    }

    void resp3(boolean on) {
        resp3 = on;
    }

    /** What is run, from before it runs. */
    void of(ScriptEngine.Prepared call) {
        prepared = call;
    }

    /** The words of the call, none before it began. Any thread. */
    List<byte[]> words() {
        ScriptEngine.Prepared call = prepared;
        return call == null ? List.of() : call.words();
    }

    /** A command that reads was run. */
    public void reads() {
        read = true;
    }

    public boolean hasRead() {
        return read;
    }

    /** A command that writes is about to run: the script cannot be killed from here on. */
    public void writes() {
        wrote = true;
    }

    /** True once a command that writes was run. Any thread. */
    public boolean wrote() {
        return wrote;
    }

    void kill() {
        killed = true;
    }

    /** SCRIPT KILL ended it. */
    public boolean killed() {
        return killed;
    }
}
