package io.cairn.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.cairn.keyspace.Slots;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Brings a source's commands to a server or cluster, each once and in order. Those of one slot go as a transaction that also notes the source's position
 * under a key of that slot; all transactions of a round are under way at once, and the next round waits for them. When it is not known what became of one,
 * the note says: it is read under WATCH, so that a transaction that comes late after all ends the one that would repeat it. One thread.
 */
final class LiveTarget implements AutoCloseable, ImportPipe.Listener {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long WAIT_MILLIS = 20;

    private final ImportTarget topology;
    private final ImportOptions options;
    private final String note;
    private final ImportEncoder encoder = new ImportEncoder();
    private final Map<String, ImportPipe> pipes = new HashMap<>();
    private final Set<Integer> noted = new TreeSet<>();
    private final String[] tags = new String[Slots.COUNT];
    private long failed;
    private String firstFailure = "";

    /** @param source a name for it that no other source has */
    LiveTarget(ImportTarget topology, ImportOptions options, String source) {
        this.topology = topology;
        this.options = options;
        this.note = "cairn:import:" + source + ":";
        int left = Slots.COUNT;
        for (int i = 0; left > 0; i++) {
            String tag = Integer.toString(i, Character.MAX_RADIX);
            int slot = Slots.of(tag.getBytes(US_ASCII));
            if (tags[slot] == null) {
                tags[slot] = tag;
                left--;
            }
        }
    }

    boolean isCluster() {
        return topology.isCluster();
    }

    /** Commands that the target answered with an error though the source ran them: the data may differ. */
    long failed() {
        return failed;
    }

    String firstFailure() {
        return firstFailure;
    }

    private String note(int slot) {
        return note + "{" + tags[slot] + "}";
    }

    // ---- rounds

    /** Returns when all are applied. */
    void apply(Collection<LiveGroup> groups) throws IOException {
        Map<LiveGroup, ImportBatch> open = new HashMap<>();
        for (LiveGroup group : groups) {
            noted.add(group.slot);
            ImportBatch batch = new ImportBatch();
            open.put(group, batch);
            send(group, batch);
        }
        pipes.values().forEach(ImportPipe::flushAll);
        for (Map.Entry<LiveGroup, ImportBatch> each : open.entrySet()) {
            ImportBatch batch = each.getValue();
            while (!batch.isDone()) {
                batch.await(WAIT_MILLIS);
            }
            if (batch.error() == null
                    && batch.last().startsWith("*")
                    && !batch.last().startsWith("*-")) {
                look(batch.last());
            } else {
                again(each.getKey(), batch.error() == null ? "EXEC answered " + batch.last() : batch.error());
            }
        }
    }

    private void look(String answer) {
        int error = answer.indexOf('-');
        if (error > 0) {
            failed++;
            if (firstFailure.isEmpty()) {
                firstFailure = answer.substring(error + 1);
            }
        }
    }

    private void send(LiveGroup group, ImportBatch batch) {
        ImportPipe pipe;
        try {
            pipe = pipe(group.slot);
        } catch (IOException e) {
            batch.sent();
            batch.lost(String.valueOf(e.getMessage()));
            return;
        }
        for (List<byte[]> words : transaction(group)) {
            encoder.begin();
            words.forEach(encoder::add);
            batch.sent();
            pipe.send(encoder.request(group.slot, 0, "", batch, false));
        }
    }

    private List<List<byte[]>> transaction(LiveGroup group) {
        List<List<byte[]>> all = new ArrayList<>(group.commands.size() + 4);
        all.add(words("MULTI"));
        int database = 0;
        for (LiveGroup.Command command : group.commands) {
            if (command.database() != database) {
                database = command.database();
                all.add(words("SELECT", Integer.toString(database)));
            }
            all.add(command.words());
        }
        if (database != 0) {
            all.add(words("SELECT", "0"));
        }
        all.add(words("SET", note(group.slot), Long.toString(group.position)));
        all.add(words("EXEC"));
        return all;
    }

    static List<byte[]> words(String... words) {
        List<byte[]> bytes = new ArrayList<>();
        for (String word : words) {
            bytes.add(word.getBytes(US_ASCII));
        }
        return bytes;
    }

    private ImportPipe pipe(int slot) throws IOException {
        String node = topology.owner(slot);
        if (node == null) {
            throw new IOException("slot " + slot + " is not served");
        }
        ImportPipe pipe = pipes.get(node);
        if (pipe != null && !pipe.isDead()) {
            return pipe;
        }
        int colon = node.lastIndexOf(':');
        pipe = new ImportPipe(
                node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)), options.timeoutMillis(), this);
        pipes.put(node, pipe);
        String password = options.password();
        if (password != null) {
            String user = options.user();
            encoder.begin().add("AUTH");
            if (user != null) {
                encoder.add(user);
            }
            pipe.send(encoder.add(password).request(0, 0, "", null, true));
        }
        return pipe;
    }

    // ---- when it is not sure

    /** One at a time, and only when the note says that it did not happen. */
    private void again(LiveGroup group, String first) throws IOException {
        String why = first;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
        while (true) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the target took no command for " + options.timeoutMillis() + " ms: " + why);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            topology.refresh();
            String node = topology.owner(group.slot);
            if (node == null) {
                why = "CLUSTERDOWN slot " + group.slot + " is not served";
                continue;
            }
            try (RespClient client = topology.client(node)) {
                String key = note(group.slot);
                client.call("WATCH", key);
                Object there = client.call("GET", key);
                if (there != null && Long.parseLong(there.toString()) >= group.position) {
                    return;
                }
                if (isFinal(why)) {
                    throw new RefusedException(why);
                }
                Object answer = null;
                for (List<byte[]> words : transaction(group)) {
                    answer = client.call(words);
                }
                if (answer != null) {
                    return;
                }
                why = "TRYAGAIN it came late";
            } catch (RefusedException e) {
                throw e;
            } catch (RespClient.ErrorReply e) {
                why = String.valueOf(e.getMessage());
            } catch (IOException e) {
                why = "TRYAGAIN " + e.getMessage();
            }
        }
    }

    /** It makes no sense to try again. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String error) {
            super("the target refused a command of the source: " + error);
        }
    }

    /** Errors of a queued command end a transaction; one within it that has run is no error of all. */
    private static boolean isFinal(String error) {
        int blank = error.indexOf(' ');
        String code = blank < 0 ? error : error.substring(0, blank);
        boolean answered = code.matches("[A-Z]{3,}");
        return answered
                && !code.equals("EXECABORT")
                && !code.equals("MISCONF")
                && !code.equals("OOM")
                && !ImportTarget.passes(error);
    }

    // ---- what belongs to no slot

    /** Runs a command at the server, or every primary; it does the same when it is run again. */
    void everywhere(int database, List<byte[]> words, String acceptable) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
        Set<String> done = new TreeSet<>();
        while (true) {
            String error = null;
            for (String node : topology.primaries()) {
                if (done.contains(node)) {
                    continue;
                }
                try (RespClient client = topology.client(node)) {
                    if (database != 0) {
                        client.call("SELECT", Integer.toString(database));
                    }
                    client.call(words);
                    done.add(node);
                } catch (RespClient.ErrorReply e) {
                    error = String.valueOf(e.getMessage());
                    if (!acceptable.isEmpty() && error.contains(acceptable)) {
                        done.add(node);
                        error = null;
                    } else if (!ImportTarget.passes(error)) {
                        throw new IOException("the target refused a command of the source: " + error, e);
                    }
                } catch (IOException e) {
                    error = node + ": " + e.getMessage();
                }
            }
            if (error == null) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(error);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            topology.refresh();
        }
    }

    /**
     * Deletes the notes: the target has the source's keys and no others.
     *
     * @param databases in which they may be
     */
    void forgetNotes(Set<Integer> databases) throws IOException {
        Map<String, RespClient> clients = new HashMap<>();
        try {
            for (int slot : noted) {
                String node = String.valueOf(topology.owner(slot));
                RespClient client = clients.get(node);
                if (client == null) {
                    client = topology.client(node);
                    clients.put(node, client);
                }
                client.call("DEL", note(slot));
                for (int database : databases) {
                    if (database != 0) {
                        client.call("SELECT", Integer.toString(database));
                        client.call("DEL", note(slot));
                        client.call("SELECT", "0");
                    }
                }
            }
        } finally {
            for (RespClient client : clients.values()) {
                client.close();
            }
        }
    }

    // ---- answers, on receiving threads

    @Override
    public void answered(ImportPipe pipe, ImportRequest request, String line) {
        request.block.release();
        ImportBatch batch = request.batch;
        if (batch != null) {
            batch.answered(line);
        }
    }

    @Override
    public void broken(ImportPipe pipe, List<ImportRequest> unanswered, IOException why) {
        for (ImportRequest request : unanswered) {
            request.block.release();
            ImportBatch batch = request.batch;
            if (batch != null) {
                batch.lost(pipe.host + ":" + pipe.port + ": " + why.getMessage());
            }
        }
    }

    @Override
    public void close() {
        pipes.values().forEach(ImportPipe::close);
        encoder.close();
    }
}
