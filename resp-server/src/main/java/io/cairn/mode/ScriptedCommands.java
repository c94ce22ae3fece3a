package io.cairn.mode;

import io.cairn.acl.AclLog;
import io.cairn.acl.Caller;
import io.cairn.acl.Denial;
import io.cairn.acl.Judge;
import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.command.Monitors;
import io.cairn.command.ServerState;
import io.cairn.metrics.LoopStats;
import io.cairn.metrics.NodeStats;
import io.cairn.script.CapturedReply;
import io.cairn.script.ScriptRun;
import org.jspecify.annotations.Nullable;

/**
 * The commands that scripts call: what refuses them in every mode, those of the connection and the server, and what is counted. An error counts
 * where it comes to be; that the script answers it, or catches it, counts no more. Used by the script thread only. Redis: scriptCall.
 */
abstract class ScriptedCommands implements ScriptRun.Host {
    final CommandTable commands;
    private final NodeStats stats;
    private @Nullable ScriptSession session;
    private boolean shown = true;
    private @Nullable Judge judge;
    private volatile @Nullable ServerState server;

    ScriptedCommands(CommandTable commands, NodeStats stats) {
        this.commands = commands;
        this.stats = stats;
    }

    /** Whether MONITOR sees what is called from now on. */
    final void shows(boolean on) {
        shown = on;
    }

    /** The node is there for commands that scripts call. */
    void server(ServerState state) {
        server = state;
    }

    @Override
    public final @Nullable String call(ScriptRun run, Args args, CapturedReply reply) {
        int id = commands.find(args);
        String refusal = id < 0 ? "Unknown Redis command called from script" : refusal(run, commands.command(id), args);
        if (refusal == null) {
            refusal = admitted(run, commands.command(id), args, reply);
        }
        if (refusal == null && commands.command(id).is(Flag.READONLY)) {
            run.reads();
        }
        ServerState node = server;
        if (refusal == null && shown && node != null && !commands.command(id).is(Flag.SKIP_MONITOR)) {
            node.monitors().show(node, commands.command(id), args, run.database, Monitors.SCRIPT);
        }
        LoopStats counts = stats.local();
        if (refusal != null) {
            counts.error(refusal.startsWith("-") ? refusal.substring(1).split(" ", 2)[0] : "ERR");
            if (id >= 0) {
                counts.rejected(id);
            }
        } else if (reply.isError()) {
            counts.error(reply.errorCode());
        }
        return refusal;
    }

    private ServerState node() {
        return java.util.Objects.requireNonNull(server, "the node has not started");
    }

    private Judge judge() {
        Judge made = judge;
        if (made == null) {
            made = node().acl().judge();
            judge = made;
        }
        return made;
    }

    @Override
    public final boolean allows(ScriptRun run, Args args) {
        Caller caller = run.caller();
        return caller == null || judge().denial(caller.user(), commands.command(commands.find(args)), args) == null;
    }

    /** The script has the rights of its caller, as they are now. Redis: scriptVerifyACL. */
    private @Nullable String denied(@Nullable Caller caller, Command command, Args args) {
        if (caller == null || caller.user().unrestricted()) {
            return null;
        }
        Denial denial = judge().denial(caller.user(), command, args);
        if (denial != null) {
            node().acl().denied(caller, denial, AclLog.Context.LUA, command, args);
            return denial.errorOfScript();
        }
        String pattern = judge().patternRefusal(caller.user(), command, args);
        return pattern == null ? null : "-" + pattern;
    }

    private @Nullable String refusal(ScriptRun run, Command command, Args args) {
        int arity = command.arity();
        if (arity > 0 ? args.count() != arity : args.count() < -arity) {
            return "Wrong number of args calling Redis command from script";
        }
        if (command.is(Flag.NOSCRIPT)) {
            return "This Redis command is not allowed from script";
        }
        String denied = denied(run.caller(), command, args);
        if (denied != null) {
            return denied;
        }
        boolean changes = command.is(Flag.WRITE) || command.is(Flag.MAY_REPLICATE);
        return run.readOnly() && changes ? "Write commands are not allowed from read-only scripts." : null;
    }

    /**
     * Runs a command that nothing but the mode may refuse.
     *
     * @return as {@link #call}
     */
    abstract @Nullable String admitted(ScriptRun run, Command command, Args args, CapturedReply reply);

    /** Runs a command of the connection or the server; the error that refuses it, or null. */
    final @Nullable String session(ScriptRun run, Command command, Args args, CapturedReply reply, long now) {
        ScriptSession made = session;
        if (made == null) {
            made = new ScriptSession(node());
            session = made;
        }
        made.begin(run);
        long start = System.nanoTime();
        String refusal = made.call(command, args, reply, now);
        if (refusal == null) {
            stats.local().executed(commands.id(command), System.nanoTime() - start, reply.isError());
        }
        return refusal;
    }
}
