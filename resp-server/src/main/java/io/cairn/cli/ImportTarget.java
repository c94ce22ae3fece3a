package io.cairn.cli;

import io.cairn.keyspace.Slots;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server or cluster that commands are sent to, many at a time within a window of bytes. Follows MOVED and ASK, connects
 * again, and sends again what a server was not able to take for a while. One thread sends; answers come on others.
 */
final class ImportTarget implements AutoCloseable, ImportPipe.Listener {
    private static final int MAX_COMMANDS = 10_000;
    private static final long WAIT_MILLIS = 20;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Errors of a moment. */
    private static final List<String> PASSING = List.of(
            "TRYAGAIN",
            "CLUSTERDOWN",
            "LOADING",
            "BUSY",
            "MASTERDOWN",
            "UNKNOWNOUTCOME",
            "READONLY",
            "NOREPLICAS",
            "UNBLOCKED");

    private final ImportOptions options;
    private final ImportEncoder encoder = new ImportEncoder();
    private final Map<String, ImportPipe> pipes = new HashMap<>();
    /** Who serves each slot, null for a server that is no cluster. */
    private String @Nullable [] owners;

    private long refreshedNanos;
    private long pausedUntilNanos;
    private long unreachableSinceNanos;

    // Guarded by this.
    private final List<ImportRequest> again = new ArrayList<>();
    private long openBytes;
    private int openCommands;
    private long done;
    private long present;
    private long unsure;
    private String firstPresent = "";
    private boolean moved;
    private @Nullable String failure;
    private String lastError = "";

    ImportTarget(ImportOptions options) {
        this.options = options;
    }

    /** Finds out what the server is. */
    void connect() throws IOException {
        refresh(ImportTarget.name(options.host(), options.port()));
    }

    boolean isCluster() {
        return owners != null;
    }

    /** Addresses of those who take writes: the server, or all primaries of a cluster as far as known. */
    Set<String> primaries() {
        Set<String> all = new TreeSet<>();
        String[] slots = owners;
        if (slots == null) {
            all.add(name(options.host(), options.port()));
        } else {
            for (String owner : slots) {
                if (owner != null) {
                    all.add(owner);
                }
            }
        }
        return all;
    }

    /** Address of who takes writes to a slot, null when that is not known. */
    @Nullable
    String owner(int slot) {
        String[] slots = owners;
        return slots == null ? name(options.host(), options.port()) : slots[slot];
    }

    /** Finds out anew who the primaries are, if it is a cluster. */
    void refresh() {
        if (owners != null) {
            refreshFromAny();
        }
    }

    /** A connection of its own to a node. */
    RespClient client(String node) throws IOException {
        int colon = node.lastIndexOf(':');
        InetSocketAddress address = InetSocketAddress.createUnresolved(
                node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)));
        return new Login(options.user(), options.password()).connect(address, options.timeoutMillis());
    }

    private static String name(String host, int port) {
        return host + ":" + port;
    }

    private void refresh(String node) throws IOException {
        refreshedNanos = System.nanoTime();
        String host = node.substring(0, node.lastIndexOf(':'));
        try (RespClient client = client(node)) {
            Object slots;
            try {
                slots = client.call("CLUSTER", "SLOTS");
            } catch (RespClient.ErrorReply e) {
                if (String.valueOf(e.getMessage()).contains("cluster support disabled")) {
                    return;
                }
                throw e;
            }
            String[] found = new String[Slots.COUNT];
            for (Object range : (List<?>) java.util.Objects.requireNonNull(slots, "CLUSTER SLOTS")) {
                List<?> fields = (List<?>) range;
                List<?> primary = (List<?>) fields.get(2);
                String shown = String.valueOf(primary.get(0));
                String address = shown.isEmpty() || shown.equals("null") || shown.equals("?") ? host : shown;
                String owner = name(address, Math.toIntExact((Long) primary.get(1)));
                for (long slot = (Long) fields.get(0); slot <= (Long) fields.get(1); slot++) {
                    found[(int) slot] = owner;
                }
            }
            owners = found;
        }
    }

    // ---- sending

    ImportEncoder encoder() {
        return encoder;
    }

    /** Sends a command as soon as there is room for it. */
    void submit(ImportRequest request) throws IOException {
        while (true) {
            sendAgain();
            synchronized (this) {
                check();
                if (openCommands == 0
                        || (openCommands < MAX_COMMANDS && openBytes + request.length <= options.windowBytes())) {
                    openCommands++;
                    openBytes += request.length;
                    break;
                }
            }
            flush();
            await();
        }
        if (request.batch != null) {
            request.batch.sent();
        }
        dispatch(request);
    }

    private void check() throws IOException {
        if (failure != null) {
            throw new IOException(failure);
        }
    }

    private synchronized void await() throws IOException {
        try {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
            long left = WAIT_MILLIS;
            int before = openCommands;
            while (openCommands == before && before > 0 && failure == null && left > 0) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Hands over all that was sent. */
    void flush() {
        pipes.values().forEach(ImportPipe::flushAll);
    }

    /** Waits until all is answered. */
    void finish() throws IOException {
        while (true) {
            sendAgain();
            flush();
            synchronized (this) {
                check();
                if (openCommands == 0) {
                    return;
                }
            }
            await();
        }
    }

    /** Waits until a batch is answered. */
    void finish(ImportBatch batch) throws IOException {
        while (!batch.isDone()) {
            sendAgain();
            flush();
            synchronized (this) {
                check();
            }
            batch.await(WAIT_MILLIS);
        }
    }

    private void sendAgain() throws IOException {
        List<ImportRequest> due = new ArrayList<>();
        boolean refresh;
        long now = System.nanoTime();
        synchronized (this) {
            refresh = moved;
            if (again.isEmpty()) {
                return;
            }
            for (ImportRequest request : again) {
                if (request.notBeforeNanos <= now && pausedUntilNanos <= now) {
                    due.add(request);
                }
            }
            again.removeAll(due);
        }
        if (refresh && owners != null && now - refreshedNanos > REFRESH_NANOS) {
            refreshFromAny();
        }
        for (ImportRequest request : due) {
            dispatch(request);
        }
    }

    private void refreshFromAny() {
        List<String> nodes = new ArrayList<>(pipes.keySet());
        nodes.add(name(options.host(), options.port()));
        for (String node : nodes) {
            try {
                refresh(node);
                synchronized (this) {
                    moved = false;
                }
                return;
            } catch (IOException e) {
                lastError = String.valueOf(e.getMessage());
            }
        }
    }

    private void dispatch(ImportRequest request) throws IOException {
        String ask = request.ask;
        String[] slots = owners;
        String owner = ask != null ? ask : slots == null ? null : slots[request.slot];
        if (slots != null && owner == null) {
            later(request, "CLUSTERDOWN slot " + request.slot + " is not served");
            return;
        }
        ImportPipe pipe;
        try {
            pipe = pipe(owner == null ? name(options.host(), options.port()) : owner);
            unreachableSinceNanos = 0;
        } catch (IOException e) {
            unreachable(request, e);
            return;
        }
        if (pipe.database != request.database) {
            control(pipe, encoder.begin().add("SELECT").add(request.database));
            pipe.database = request.database;
        }
        if (ask != null) {
            control(pipe, encoder.begin().add("ASKING"));
            request.ask = null;
        }
        pipe.send(request);
    }

    private void unreachable(ImportRequest request, IOException why) throws IOException {
        long now = System.nanoTime();
        if (unreachableSinceNanos == 0) {
            unreachableSinceNanos = now;
        }
        if (now - unreachableSinceNanos > TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis())) {
            throw why;
        }
        synchronized (this) {
            moved = true;
            pausedUntilNanos = now + PAUSE_NANOS;
            request.notBeforeNanos = pausedUntilNanos;
            ImportBatch batch = request.batch;
            if (batch == null) {
                again.add(request);
            } else {
                release(request);
                batch.lost(String.valueOf(why.getMessage()));
            }
        }
        if (owners != null) {
            refreshFromAny();
        }
    }

    private ImportPipe pipe(String name) throws IOException {
        ImportPipe pipe = pipes.get(name);
        if (pipe != null && !pipe.isDead()) {
            return pipe;
        }
        int colon = name.lastIndexOf(':');
        try {
            pipe = new ImportPipe(
                    name.substring(0, colon),
                    Integer.parseInt(name.substring(colon + 1)),
                    options.timeoutMillis(),
                    this);
        } catch (IOException e) {
            throw new IOException("cannot reach " + name + ": " + e.getMessage(), e);
        }
        pipes.put(name, pipe);
        String password = options.password();
        String user = options.user();
        if (password != null) {
            encoder.begin().add("AUTH");
            if (user != null) {
                encoder.add(user);
            }
            control(pipe, encoder.add(password));
        }
        return pipe;
    }

    private static void control(ImportPipe pipe, ImportEncoder command) {
        pipe.send(command.request(0, 0, "", null, true));
    }

    // ---- answers, on receiving threads

    @Override
    public synchronized void answered(ImportPipe pipe, ImportRequest request, String line) {
        if (request.control) {
            request.block.release();
            if (line.startsWith("-")) {
                fail(pipe.host + ":" + pipe.port + " answered: " + line.substring(1));
            }
            return;
        }
        ImportBatch batch = request.batch;
        if (batch != null) {
            redirected(pipe, line);
            release(request);
            batch.answered(line);
            return;
        }
        if (!line.startsWith("-")) {
            done++;
            release(request);
        } else if (line.startsWith("-BUSYKEY")) {
            present(request.key, request.unsure);
            release(request);
        } else if (redirected(pipe, line)) {
            request.ask = line.startsWith("-ASK ") ? address(pipe, line) : null;
            request.notBeforeNanos = 0;
            again.add(request);
            notifyAll();
        } else {
            later(request, line.substring(1));
        }
    }

    /** The key was there. */
    synchronized void present(String key, boolean perhapsOurs) {
        if (perhapsOurs) {
            unsure++;
        } else {
            present++;
            if (firstPresent.isEmpty()) {
                firstPresent = key;
            }
        }
    }

    /** A value was loaded in pieces. */
    synchronized void loaded() {
        done++;
    }

    private boolean redirected(ImportPipe pipe, String line) {
        String[] slots = owners;
        if (line.startsWith("-MOVED ") && slots != null) {
            slots[Integer.parseInt(line.split(" ", -1)[1])] = address(pipe, line);
            moved = true;
            return true;
        }
        return line.startsWith("-ASK ") && slots != null;
    }

    private static String address(ImportPipe pipe, String line) {
        String address = line.split(" ", -1)[2];
        return address.startsWith(":") ? pipe.host + address : address;
    }

    /** True for errors that pass. */
    static boolean passes(String error) {
        int blank = error.indexOf(' ');
        String code = blank < 0 ? error : error.substring(0, blank);
        return PASSING.contains(code) || code.equals("MOVED") || code.equals("ASK");
    }

    private synchronized void later(ImportRequest request, String error) {
        long now = System.nanoTime();
        if (request.failingSinceNanos == 0) {
            request.failingSinceNanos = now;
        }
        lastError = error;
        request.unsure |= error.startsWith("UNKNOWNOUTCOME");
        ImportBatch batch = request.batch;
        if (batch != null) {
            release(request);
            batch.lost(error);
        } else if (!passes(error)
                || now - request.failingSinceNanos > TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis())) {
            release(request);
            fail("key '" + request.key + "': " + error);
        } else {
            request.notBeforeNanos = now + PAUSE_NANOS;
            moved = true;
            again.add(request);
            notifyAll();
        }
    }

    private void fail(String why) {
        if (failure == null) {
            failure = why;
        }
        notifyAll();
    }

    private void release(ImportRequest request) {
        request.block.release();
        openCommands--;
        openBytes -= request.length;
        notifyAll();
    }

    @Override
    public synchronized void broken(ImportPipe pipe, List<ImportRequest> unanswered, IOException why) {
        lastError = pipe.host + ":" + pipe.port + ": " + why.getMessage();
        moved = true;
        for (ImportRequest request : unanswered) {
            ImportBatch batch = request.batch;
            if (request.control) {
                request.block.release();
            } else if (batch != null) {
                release(request);
                batch.lost(lastError);
            } else {
                request.unsure = true;
                request.ask = null;
                later(request, "TRYAGAIN " + lastError);
            }
        }
        notifyAll();
    }

    // ---- figures

    /** Keys loaded. */
    synchronized long done() {
        return done;
    }

    /** Keys that were there and stayed as they were. */
    synchronized long present() {
        return present;
    }

    /** Keys that are there, whether because of us or not is not known: a connection broke before it answered. */
    synchronized long unsure() {
        return unsure;
    }

    synchronized String firstPresent() {
        return firstPresent;
    }

    @Override
    public void close() {
        pipes.values().forEach(ImportPipe::close);
        encoder.close();
    }
}
