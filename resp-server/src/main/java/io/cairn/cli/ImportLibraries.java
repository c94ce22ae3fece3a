package io.cairn.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Libraries of functions, by FUNCTION LOAD: they belong to no slot, so every primary of a cluster gets each. One that is there with the same text counts as
 * loaded; so an import may be started again.
 */
final class ImportLibraries {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final ImportTarget target;
    private final ImportOptions options;
    private long loaded;
    private long present;
    private String firstPresent = "";

    ImportLibraries(ImportTarget target, ImportOptions options) {
        this.target = target;
        this.options = options;
    }

    /** Libraries that all primaries have. */
    long loaded() {
        return loaded;
    }

    /** Libraries of whose name some primary has another, which stayed. */
    long present() {
        return present;
    }

    String firstPresent() {
        return firstPresent;
    }

    /** Loads a library; returns when all primaries have it, or keep what they have. */
    void load(String name, byte[] text) throws IOException {
        Set<String> done = new HashSet<>();
        boolean kept = false;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
        while (true) {
            String lastError = null;
            for (String node : target.primaries()) {
                if (done.contains(node)) {
                    continue;
                }
                try (RespClient client = target.client(node)) {
                    kept |= !load(client, name, text);
                    done.add(node);
                } catch (RespClient.ErrorReply e) {
                    lastError = String.valueOf(e.getMessage());
                    if (!ImportTarget.passes(lastError)) {
                        throw new IOException(
                                "function library '" + name + "' at " + node + ": " + lastError
                                        + " (--skip-functions leaves functions out)",
                                e);
                    }
                } catch (IOException e) {
                    lastError = node + ": " + e.getMessage();
                }
            }
            if (lastError == null) {
                break;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("function library '" + name + "': " + lastError);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            target.refresh();
        }
        if (!kept) {
            loaded++;
            return;
        }
        present++;
        if (firstPresent.isEmpty()) {
            firstPresent = name;
        }
    }

    /** False when the node has another library of that name, which may not be replaced. */
    private boolean load(RespClient client, String name, byte[] text) throws IOException {
        List<byte[]> words = new ArrayList<>(List.of("FUNCTION".getBytes(US_ASCII), "LOAD".getBytes(US_ASCII)));
        if (options.replace()) {
            words.add("REPLACE".getBytes(US_ASCII));
        }
        words.add(text);
        try {
            client.call(words);
            return true;
        } catch (RespClient.ErrorReply e) {
            if (!String.valueOf(e.getMessage()).contains("Library '" + name + "' already exists")) {
                throw e;
            }
            Object there = client.call("FUNCTION", "LIST", "LIBRARYNAME", name, "WITHCODE");
            return new String(text, UTF_8).equals(code(there));
        }
    }

    private static String code(@org.jspecify.annotations.Nullable Object libraries) {
        if (libraries instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof List<?> fields) {
            int at = fields.indexOf("library_code");
            return at < 0 ? "" : String.valueOf(fields.get(at + 1));
        }
        return "";
    }
}
