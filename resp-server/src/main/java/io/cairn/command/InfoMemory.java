package io.cairn.command;

import io.cairn.config.Keys;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What there is to say of a node's memory: INFO's section, MEMORY STATS, DOCTOR, PURGE and MALLOC-STATS. {@code used_memory} is what maxmemory bounds:
 * data and index, to the byte, function libraries, and the buffers of clients; with it, though not bounded, those of followers. The JVM's heap is told
 * beside it. Redis: getMemoryOverheadData, getMemoryDoctorReport.
 */
final class InfoMemory {
    /** Below this there is nothing to diagnose. */
    private static final long TOO_SMALL = 5 << 20;

    private static final long NOTABLE_FRAGMENTATION = 10 << 20;
    private static final double HIGH_FRAGMENTATION = 1.4;
    private static final double BIG_PEAK = 1.5;
    private static final long BIG_CLIENT = 200 * 1024;
    private static final int MANY_SCRIPTS = 1000;
    private static final double PERCENT = 100;

    private final ProcessFigures process;

    InfoMemory(ProcessFigures process) {
        this.process = process;
    }

    List<Command> table() {
        String words = "@slow";
        return List.of(
                Command.session("memory|stats", 2, words, this::stats),
                Command.session("memory|doctor", 2, words, this::doctor),
                Command.session("memory|purge", 2, words, InfoMemory::purge),
                Command.session("memory|malloc-stats", 2, words, this::mallocStats),
                Command.session("memory|help", 2, "loading stale @slow", InfoMemory::help));
    }

    /** Figures of one moment, bytes. */
    private record Figures(
            long used, long peak, long clients, long followers, long libraries, long index, long keys, long resident) {
        long overhead() {
            return clients + followers + libraries + index;
        }

        long dataset() {
            return Math.max(0, used - overhead());
        }

        double fragmentation() {
            return used == 0 ? 0 : (double) resident / used;
        }
    }

    private Figures figures(ServerState server) {
        long clients = server.clients().bytes();
        long followers = server.clients().followerBytes() + server.followers().waitingBytes();
        long libraries = server.keyspace().libraries().bytes();
        long data = server.keyspace().usedBytes();
        long used = data + clients + followers + libraries;
        long keys = 0;
        for (int i = 0; i < server.keyspace().databases(); i++) {
            keys += server.keyspace().database(i).size();
        }
        long index = Math.min(data, keys * MemoryCommands.ENTRY_OVERHEAD);
        return new Figures(
                used,
                Math.max(used, server.stats().peakUsedBytes()),
                clients,
                followers,
                libraries,
                index,
                keys,
                process.residentBytes());
    }

    void info(ServerState server, InfoText text) {
        Figures now = figures(server);
        Scripts scripts = server.scripts();
        text.section("Memory");
        text.bytes("used_memory", now.used)
                .bytes("used_memory_rss", now.resident)
                .bytes("used_memory_peak", now.peak)
                .line("used_memory_peak_perc", percent(now.used, now.peak))
                .line("used_memory_overhead", now.overhead())
                .line("used_memory_startup", 0)
                .line("used_memory_dataset", now.dataset())
                .line("used_memory_dataset_perc", percent(now.dataset(), now.used))
                .bytes("total_system_memory", process.machineBytes())
                .bytes("used_memory_lua", scripts.interpreterBytes())
                .line("used_memory_vm_eval", scripts.interpreterBytes())
                .line("used_memory_scripts_eval", scripts.cachedBytes())
                .line("number_of_cached_scripts", scripts.cached())
                .line(
                        "number_of_libraries",
                        server.keyspace().libraries().names().size())
                .line("used_memory_functions", now.libraries)
                .bytes("used_memory_scripts", scripts.cachedBytes() + now.libraries)
                .bytes("maxmemory", server.config().get(Keys.MAXMEMORY))
                .line("maxmemory_policy", server.config().show(Keys.MAXMEMORY_POLICY))
                .fraction("mem_fragmentation_ratio", now.fragmentation())
                .line("mem_fragmentation_bytes", now.resident - now.used)
                .line("mem_not_counted_for_evict", now.followers)
                .line("mem_replication_backlog", server.followers().backlogBytes())
                .line("mem_total_replication_buffers", now.followers)
                .line("mem_clients_slaves", now.followers)
                .line("mem_clients_normal", now.clients)
                .line("mem_cluster_links", 0)
                .line("mem_aof_buffer", 0)
                .line("jvm_heap_used", process.heapBytes())
                .line("jvm_heap_max", process.maxHeapBytes())
                .line("mem_allocator", "chronicle-map")
                .line("active_defrag_running", false)
                .line("lazyfree_pending_objects", server.keyspace().pendingFrees())
                .line("lazyfreed_objects", server.keyspace().freed());
    }

    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.2f%%", whole == 0 ? 0 : PERCENT * part / whole);
    }

    /** One field of MEMORY STATS. */
    private record Field(String name, java.util.function.Consumer<Reply> value) {}

    private static Field field(String name, long value) {
        return new Field(name, reply -> reply.number(value));
    }

    private static Field field(String name, double value) {
        return new Field(name, reply -> reply.real(value));
    }

    /** Fields are Redis's; those of its allocator say what the account says, since there is no other. */
    private void stats(SessionCall call) {
        ServerState server = call.server();
        Figures now = figures(server);
        List<Field> fields = new ArrayList<>(List.of(
                field("peak.allocated", now.peak),
                field("total.allocated", now.used),
                field("startup.allocated", 0),
                field("replication.backlog", call.server().followers().backlogBytes()),
                field("clients.slaves", now.followers),
                field("clients.normal", now.clients),
                field("cluster.links", 0),
                field("aof.buffer", 0),
                field("lua.caches", server.scripts().cachedBytes()),
                field("functions.caches", now.libraries)));
        for (int i = 0; i < server.keyspace().databases(); i++) {
            Database database = server.keyspace().database(i);
            long keys = database.size();
            if (keys > 0) {
                fields.add(new Field("db." + i, reply -> database(reply, keys)));
            }
        }
        fields.addAll(List.of(
                field("overhead.total", now.overhead()),
                field("keys.count", now.keys),
                field("keys.bytes-per-key", now.keys == 0 ? 0 : now.used / now.keys),
                field("dataset.bytes", now.dataset()),
                field("dataset.percentage", now.used == 0 ? 0.0 : PERCENT * now.dataset() / now.used),
                field("peak.percentage", now.peak == 0 ? 0.0 : PERCENT * now.used / now.peak),
                field("allocator.allocated", now.used),
                field("allocator.active", now.used),
                field("allocator.resident", now.used),
                field("allocator-fragmentation.ratio", 1.0),
                field("allocator-fragmentation.bytes", 0),
                field("allocator-rss.ratio", 1.0),
                field("allocator-rss.bytes", 0),
                field("rss-overhead.ratio", now.fragmentation()),
                field("rss-overhead.bytes", now.resident - now.used),
                field("fragmentation", now.fragmentation()),
                field("fragmentation.bytes", now.resident - now.used),
                field("jvm.heap.used", process.heapBytes()),
                field("jvm.heap.max", process.maxHeapBytes())));
        Reply reply = call.reply();
        reply.map(fields.size());
        for (Field field : fields) {
            reply.bulk(field.name);
            field.value.accept(reply);
        }
    }

    private static void database(Reply reply, long keys) {
        reply.map(3);
        reply.bulk("overhead.hashtable.main");
        reply.number(keys * MemoryCommands.ENTRY_OVERHEAD);
        reply.bulk("overhead.hashtable.expires");
        reply.number(0);
        reply.bulk("overhead.hashtable.slot-to-keys");
        reply.number(0);
    }

    private void doctor(SessionCall call) {
        ServerState server = call.server();
        Figures now = figures(server);
        List<String> found = new ArrayList<>();
        if (now.used < TOO_SMALL) {
            call.reply()
                    .verbatim(
                            "There is hardly any data here: nothing can be said of its memory before there is more.\n");
            return;
        }
        if ((double) now.peak / now.used > BIG_PEAK) {
            found.add(
                    "Peak: more than 150% of the memory that is used now was used before. What was freed may still be with the C library;"
                            + " MEMORY PURGE gives it back to the system.");
        }
        long outside = process.heapBytes();
        long beyond = now.resident - outside - now.used;
        if ((double) (now.resident - outside) / now.used > HIGH_FRAGMENTATION && beyond > NOTABLE_FRAGMENTATION) {
            found.add(
                    "Resident set: the process holds more than 1.4 times its data, the JVM's heap apart. After a peak that is no harm;"
                            + " otherwise values of many sizes were freed in between each other.");
        }
        if (now.clients / Math.max(1, server.clients().count()) > BIG_CLIENT) {
            found.add(
                    "Clients: their buffers take more than 200 KB each on average. CLIENT LIST shows whose; maxmemory-clients"
                            + " bounds them.");
        }
        if (server.scripts().cached() > MANY_SCRIPTS) {
            found.add("Scripts: more than 1000 are cached. Scripts should take what differs as KEYS and ARGV.");
        }
        call.reply()
                .verbatim(
                        found.isEmpty()
                                ? "No memory problem was found.\n"
                                : "Found in the memory of this node:\n\n * " + String.join("\n * ", found) + "\n");
    }

    /** Asks the C library to give memory back, which takes a while. */
    private static void purge(SessionCall call) {
        SessionCall.Later later = call.later();
        Thread thread = new Thread(
                () -> {
                    Memory.trim();
                    later.complete(Reply::ok);
                },
                "memory-purge");
        thread.setDaemon(true);
        thread.start();
    }

    private void mallocStats(SessionCall call) {
        Figures now = figures(call.server());
        call.reply()
                .verbatim("data and index: " + (now.used - now.clients - now.followers - now.libraries)
                        + " bytes\nfunction libraries: " + now.libraries + " bytes\nbuffers of clients: " + now.clients
                        + " bytes\nbuffers of followers: " + now.followers + " bytes\nJVM heap: " + process.heapBytes()
                        + " of " + process.maxHeapBytes()
                        + " bytes\nresident set: " + now.resident + " bytes\n");
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "MEMORY",
                "DOCTOR",
                "    What may be wrong with the memory of this node.",
                "MALLOC-STATS",
                "    What memory is used for, in short.",
                "PURGE",
                "    Give freed memory back to the system.",
                "STATS",
                "    What memory is used for.",
                "USAGE <key> [SAMPLES <count>]",
                "    The bytes that <key> and its value take, about.");
    }
}
