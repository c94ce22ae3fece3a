package io.cairn.script;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Scripts by the SHA-1 of their bodies. Those of SCRIPT LOAD stay until SCRIPT FLUSH; of those that EVAL brought the ones
 * not used for longest go when there are too many, so that clients which put values into script texts do not fill the
 * memory. Changed by the script thread only; read by any.
 */
final class ScriptCache {
    /** Most scripts that EVAL brought. */
    static final int MAX_BY_EVAL = 10_000;
    /** Most bytes of their bodies. */
    static final long MAX_BYTES_BY_EVAL = 64L << 20;

    private static final int HEX_DIGITS = 40;
    private static final int OVERHEAD = 400;

    private final ConcurrentHashMap<String, Script> scripts = new ConcurrentHashMap<>();
    private final LinkedHashMap<String, Script> byEval = new LinkedHashMap<>(16, 0.75f, true);
    private long bytesByEval;
    private final AtomicLong bytes = new AtomicLong();

    /** The name that a client gave as the hash of a script, or null when it can be none. */
    static @Nullable String name(byte[] sha) {
        return sha.length == HEX_DIGITS ? new String(sha, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT) : null;
    }

    boolean exists(byte[] sha) {
        String name = name(sha);
        return name != null && scripts.containsKey(name);
    }

    @Nullable
    Script find(String name) {
        Script script = scripts.get(name);
        if (script != null && !byEval.isEmpty()) {
            byEval.get(name); // Its use counts.
        }
        return script;
    }

    /** Keeps a compiled script. {@code dropped} is told of those that go for it. */
    void add(Script script, boolean loaded, Consumer<Script> dropped) {
        Script before = scripts.put(script.name(), script);
        long size = size(script);
        if (before == null) {
            bytes.addAndGet(size);
        }
        if (loaded) {
            if (byEval.remove(script.name()) != null) {
                bytesByEval -= size;
            }
            return;
        }
        if (before == null) {
            byEval.put(script.name(), script);
            bytesByEval += size;
        }
        Iterator<Script> oldest = byEval.values().iterator();
        while (byEval.size() > 1 && (byEval.size() > MAX_BY_EVAL || bytesByEval > MAX_BYTES_BY_EVAL)) {
            Script gone = oldest.next();
            oldest.remove();
            scripts.remove(gone.name());
            bytesByEval -= size(gone);
            bytes.addAndGet(-size(gone));
            dropped.accept(gone);
        }
    }

    private static long size(Script script) {
        return script.body().length + (long) OVERHEAD;
    }

    void clear() {
        scripts.clear();
        byEval.clear();
        bytesByEval = 0;
        bytes.set(0);
    }

    int size() {
        return scripts.size();
    }

    long bytes() {
        return bytes.get();
    }
}
