package io.cairn.script;

import io.cairn.command.Reply;
import io.cairn.keyspace.Libraries;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What FUNCTION LIST and FUNCTION STATS answer. Redis: functionListCommand, functionStatsCommand. */
final class LibraryReplies {
    private static final Map<Integer, String> FLAGS = Map.of(
            Script.NO_WRITES, "no-writes",
            Script.ALLOW_OOM, "allow-oom",
            Script.ALLOW_STALE, "allow-stale",
            Script.NO_CLUSTER, "no-cluster",
            Script.ALLOW_CROSS_SLOT, "allow-cross-slot-keys");

    private LibraryReplies() {}

    static void list(List<FunctionLibrary> libraries, boolean code, Reply reply) {
        reply.array(libraries.size());
        for (FunctionLibrary library : libraries) {
            reply.map(code ? 4 : 3);
            reply.bulk("library_name");
            reply.bulk(library.name());
            reply.bulk("engine");
            reply.bulk("LUA");
            reply.bulk("functions");
            reply.array(library.functions().size());
            library.functions().forEach(function -> function(function, reply));
            if (code) {
                reply.bulk("library_code");
                reply.bulk(library.text());
            }
        }
    }

    private static void function(FunctionLibrary.Function function, Reply reply) {
        reply.map(3);
        reply.bulk("name");
        reply.bulk(function.name());
        reply.bulk("description");
        String description = function.description();
        if (description == null) {
            reply.nil();
        } else {
            reply.bulk(description);
        }
        reply.bulk("flags");
        List<String> flags = new ArrayList<>();
        for (int flag = 1; flag < Script.FUNCTION; flag <<= 1) {
            String name = FLAGS.get(flag);
            if (name != null && (function.flags() & flag) != 0) {
                flags.add(name);
            }
        }
        reply.set(flags.size());
        flags.forEach(reply::simple);
    }

    /** @param functions how many there are in all libraries */
    static void stats(@Nullable ScriptRun running, Libraries libraries, int functions, Reply reply) {
        reply.map(2);
        reply.bulk("running_script");
        if (running == null || !running.script().is(Script.FUNCTION)) {
            reply.nil();
        } else {
            reply.map(3);
            reply.bulk("name");
            reply.bulk(running.script().name());
            List<byte[]> words = running.words();
            reply.bulk("command");
            reply.array(words.size());
            words.forEach(reply::bulk);
            reply.bulk("duration_ms");
            reply.number(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - running.startNanos()));
        }
        reply.bulk("engines");
        reply.map(1);
        reply.bulk("LUA");
        reply.map(2);
        reply.bulk("libraries_count");
        reply.number(libraries.names().size());
        reply.bulk("functions_count");
        reply.number(functions);
    }
}
