package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Reply;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A string that each write extends by a unique token of fixed width: it shows which writes are there, and in which order. */
public final class AppendKey extends TrackedKey {
    /** Width of every token in bytes. */
    public static final int TOKEN_BYTES = 16;

    private final Map<Long, String> tokenOfEnd = new ConcurrentHashMap<>();
    private final Set<String> unknownTokens = ConcurrentHashMap.newKeySet();

    public AppendKey(String name) {
        super(name);
    }

    @Override
    public byte[][] write(String token) {
        if (token.length() != TOKEN_BYTES) {
            throw new IllegalArgumentException("a token has " + TOKEN_BYTES + " bytes: " + token);
        }
        return new byte[][] {bytes("APPEND"), nameBytes(), bytes(token)};
    }

    @Override
    public byte[][] read() {
        return new byte[][] {bytes("STRLEN"), nameBytes()};
    }

    @Override
    public void check(Reply reply, Violations violations) {
        String value = reply instanceof Reply.Nil ? "" : reply.text();
        if (value.length() % TOKEN_BYTES != 0) {
            violations.add("%s: has %d bytes, not a whole number of tokens".formatted(name(), value.length()));
            return;
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < value.length(); i += TOKEN_BYTES) {
            String token = value.substring(i, i + TOKEN_BYTES);
            String acknowledged = tokenOfEnd.get((long) i + TOKEN_BYTES);
            if (!seen.add(token)) {
                violations.add("%s: holds the token %s twice".formatted(name(), token));
            } else if (acknowledged != null && !acknowledged.equals(token)) {
                violations.add("%s: holds %s where %s was acknowledged".formatted(name(), token, acknowledged));
            } else if (acknowledged == null && !unknownTokens.contains(token)) {
                violations.add("%s: holds %s at %d, which nobody was told".formatted(name(), token, i));
            }
        }
        tokenOfEnd.forEach((end, token) -> {
            if (!seen.contains(token)) {
                violations.add("%s: lost the acknowledged token %s (ended at %d)".formatted(name(), token, end));
            }
        });
    }

    @Override
    long step() {
        return TOKEN_BYTES;
    }

    @Override
    void noteAcknowledged(String token, long value, Violations violations) {
        String other = tokenOfEnd.putIfAbsent(value, token);
        if (other != null) {
            violations.add("%s: the writes %s and %s were both told %d".formatted(name(), other, token, value));
        }
    }

    @Override
    void noteUnknown(String token) {
        unknownTokens.add(token);
    }
}
