package io.cairn.script;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The first line of a script, {@code #!lua flags=no-writes,allow-oom}. Redis: evalExtractShebangFlags. */
record Shebang(int flags, int length) {
    private static final Map<String, Integer> FLAGS = Map.of(
            "no-writes", Script.NO_WRITES,
            "allow-oom", Script.ALLOW_OOM,
            "allow-stale", Script.ALLOW_STALE,
            "no-cluster", Script.NO_CLUSTER,
            "allow-cross-slot-keys", Script.ALLOW_CROSS_SLOT);

    /** Why a first line is refused. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String text) {
            super(text, null, false, false);
        }

        String text() {
            return String.valueOf(getMessage());
        }
    }

    /** @param length bytes before the line's end, which stays so that lines keep their numbers */
    Shebang {}

    /** The flag of a name, or null. */
    static @org.jspecify.annotations.Nullable Integer flag(String name) {
        return FLAGS.get(name);
    }

    static Shebang of(byte[] body) throws Refused {
        if (body.length < 2 || body[0] != '#' || body[1] != '!') {
            return new Shebang(Script.COMPATIBLE, 0);
        }
        int end = 0;
        while (end < body.length && body[end] != '\n' && body[end] != 0) {
            end++;
        }
        if (end == body.length || body[end] == 0) {
            throw new Refused("Invalid script shebang");
        }
        List<String> parts = QuotedWords.split(new String(body, 0, end, StandardCharsets.ISO_8859_1));
        if (parts == null || parts.isEmpty()) {
            throw new Refused("Invalid engine in script shebang");
        }
        if (!parts.get(0).equals("#!lua")) {
            throw new Refused("Unexpected engine in script shebang: " + parts.get(0));
        }
        int flags = 0;
        for (String part : parts.subList(1, parts.size())) {
            if (!part.startsWith("flags=")) {
                throw new Refused("Unknown lua shebang option: " + part);
            }
            String list = part.substring("flags=".length());
            if (list.isEmpty()) {
                continue;
            }
            for (String name : list.split(",", -1)) {
                Integer flag = FLAGS.get(name);
                if (flag == null) {
                    throw new Refused("Unexpected flag in script shebang: " + name);
                }
                flags |= flag;
            }
        }
        return new Shebang(flags, end);
    }
}
