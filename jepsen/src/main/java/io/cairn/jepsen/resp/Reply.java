package io.cairn.jepsen.resp;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** One RESP2 reply. */
public sealed interface Reply {
    /** {@code +text}. */
    record Simple(String value) implements Reply {
        @Override
        public String text() {
            return value;
        }
    }

    /** {@code -text}. */
    record Failure(String value) implements Reply {
        @Override
        public String text() {
            return value;
        }
    }

    /** {@code :number}. */
    record Int(long value) implements Reply {
        @Override
        public String text() {
            return Long.toString(value);
        }
    }

    /** {@code $length bytes}. */
    record Bulk(byte[] bytes) implements Reply {
        @Override
        public String text() {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    /** {@code $-1} or {@code *-1}. */
    record Nil() implements Reply {
        @Override
        public String text() {
            return "(nil)";
        }
    }

    /** {@code *count ...}. */
    record Array(List<Reply> items) implements Reply {
        @Override
        public String text() {
            return items.stream().map(Reply::text).toList().toString();
        }
    }

    /** The reply as text; bytes are read as Latin-1, so that no byte is lost. */
    String text();

    /** Whether this is an error reply. */
    default boolean failed() {
        return this instanceof Failure;
    }

    /**
     * The number in an integer reply or in a bulk string; 0 for nil, which is what a missing counter is worth.
     *
     * @throws NumberFormatException when the reply holds no number
     */
    default long number() {
        if (this instanceof Int number) {
            return number.value();
        }
        return this instanceof Nil ? 0 : Long.parseLong(text());
    }

    /** The items of an array reply; empty for nil. */
    default List<Reply> items() {
        return List.of();
    }
}
