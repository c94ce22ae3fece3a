package io.cairn.cli;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.RealText;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashReader;
import io.cairn.keyspace.collection.ListCursor;
import io.cairn.keyspace.collection.SetReader;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamIterator;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamPending;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A value that is too large for one RESTORE, by the commands that make it: under a name of its own in the same slot, which is
 * renamed at the end, so that nobody sees half of it. What is left of an import that was killed expires after a day. Redis:
 * rewriteAppendOnlyFileRio.
 */
final class ImportPieces {
    private static final int TRIES = 10;
    private static final int ELEMENTS = 1000;
    private static final int PIECE_BYTES = 1 << 20;
    private static final int STRING_BYTES = 8 << 20;
    private static final long LEFTOVER_MILLIS = TimeUnit.DAYS.toMillis(1);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final ImportTarget target;
    private final ImportOptions options;
    private final int database;
    private final byte[] key;
    private final String shown;
    private final int slot;
    private final ImportEncoder encoder;
    private byte[] name = {};
    private ImportBatch batch = new ImportBatch();
    private boolean fieldsExpire;

    ImportPieces(ImportTarget target, ImportOptions options, int database, byte[] key, String shown) {
        this.target = target;
        this.options = options;
        this.database = database;
        this.key = key;
        this.shown = shown;
        this.slot = Slots.of(key);
        this.encoder = target.encoder();
    }

    /** Something is amiss for now: the value is begun again. */
    private static final class Again extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Loads a value; returns when that is done, or when the key is there and may not be replaced.
     *
     * @return false when there was nothing to load: all fields of a hash are expired
     */
    boolean load(Value value, long expireAt) throws IOException {
        boolean unsure = false;
        for (int i = 0; ; i++) {
            if (isGone(value)) {
                return false;
            }
            try {
                if (!options.replace()
                        && answer(encoder.begin().add("EXISTS").add(key)).equals(":1")) {
                    target.present(shown, unsure);
                    return true;
                }
                name = ("{" + tag(slot) + "}cairn-import:"
                                + Long.toHexString(ThreadLocalRandom.current().nextLong()))
                        .getBytes(StandardCharsets.US_ASCII);
                batch = new ImportBatch();
                pieces(value);
                send(
                        expireAt == 0
                                ? encoder.begin().add("PERSIST").add(name)
                                : encoder.begin().add("PEXPIREAT").add(name).add(expireAt));
                target.finish(batch);
                check();
                unsure = true;
                fieldsExpire = fieldsExpire(value);
                String renamed = answer(encoder.begin()
                        .add(options.replace() ? "RENAME" : "RENAMENX")
                        .add(name)
                        .add(key));
                if (renamed.equals(":0")) {
                    answer(encoder.begin().add("UNLINK").add(name));
                    target.present(shown, false);
                } else {
                    target.loaded();
                }
                return true;
            } catch (Again e) {
                String error = String.valueOf(batch.error());
                if (i == TRIES) {
                    throw new IOException("key '" + shown + "': " + error);
                }
                LockSupport.parkNanos(PAUSE_NANOS * (i + 1));
            }
        }
    }

    /** A hash tag of the slot. */
    private static String tag(int slot) {
        for (int i = 0; ; i++) {
            String tag = Integer.toString(i);
            if (Slots.of(tag.getBytes(StandardCharsets.US_ASCII)) == slot) {
                return tag;
            }
        }
    }

    private String answer(ImportEncoder command) throws IOException, Again {
        batch = new ImportBatch();
        send(command);
        target.finish(batch);
        check();
        return batch.last();
    }

    private void send(ImportEncoder command) throws IOException, Again {
        target.submit(command.request(slot, database, shown, batch, false));
        check();
    }

    private void check() throws IOException, Again {
        String error = batch.error();
        if (error == null) {
            return;
        }
        boolean answered =
                error.indexOf(' ') > 0 && error.substring(0, error.indexOf(' ')).matches("[A-Z]+");
        // Its last fields may have expired just now.
        boolean gone = fieldsExpire && error.startsWith("ERR no such key");
        if (answered && !gone && !ImportTarget.passes(error)) {
            target.finish(batch);
            throw new IOException("key '" + shown + "': " + error);
        }
        target.finish(batch);
        throw new Again();
    }

    private boolean full() {
        return encoder.bytes() >= PIECE_BYTES || encoder.arguments() >= ELEMENTS;
    }

    private boolean first = true;

    private void begin(String command) {
        encoder.begin().add(command).add(name);
    }

    /** Sends the command begun, if there is anything in it. */
    private void end() throws IOException, Again {
        if (encoder.arguments() <= 2) {
            return;
        }
        send(encoder);
        if (first) {
            first = false;
            send(encoder.begin().add("PEXPIRE").add(name).add(LEFTOVER_MILLIS));
        }
    }

    private void pieces(Value value) throws IOException, Again {
        first = true;
        switch (value.type) {
            case STRING -> string(value);
            case LIST -> list(value);
            case SET -> set(value);
            case HASH -> hash(value);
            case ZSET -> sortedSet((SortedSet) Objects.requireNonNull(value.object));
            case STREAM -> stream((StreamObject) Objects.requireNonNull(value.object));
        }
    }

    private void string(Value value) throws IOException, Again {
        for (int done = 0; done < value.length; done += STRING_BYTES) {
            begin("APPEND");
            encoder.add(value.address + done, Math.min(STRING_BYTES, value.length - done));
            end();
        }
    }

    private void list(Value value) throws IOException, Again {
        ListCursor cursor = new ListCursor();
        begin("RPUSH");
        for (boolean there = cursor.seek(value, 0); there; there = cursor.next()) {
            if (cursor.isNumber()) {
                encoder.add(cursor.number());
            } else {
                encoder.add(cursor.address(), cursor.length());
            }
            if (full()) {
                end();
                begin("RPUSH");
            }
        }
        end();
    }

    private void set(Value value) throws IOException, Again {
        try (SetReader reader = new SetReader(value)) {
            begin("SADD");
            while (reader.next()) {
                encoder.add(reader.member().address(), reader.member().length());
                if (full()) {
                    end();
                    begin("SADD");
                }
            }
            end();
        }
    }

    private void hash(Value value) throws IOException, Again {
        long now = System.currentTimeMillis();
        try (HashReader reader = new HashReader(value, now)) {
            begin("HSET");
            while (reader.next()) {
                encoder.add(reader.field().address(), reader.field().length());
                encoder.add(reader.value().address(), reader.value().length());
                if (full()) {
                    end();
                    begin("HSET");
                }
            }
            end();
        }
        if (!fieldsExpire(value)) {
            return;
        }
        try (HashReader reader = new HashReader(value, now)) {
            while (reader.next()) {
                long at = HashReader.expiry(
                        value, reader.field().address(), reader.field().length());
                if (at != 0) {
                    begin("HPEXPIREAT");
                    encoder.add(at).add("FIELDS").add(1);
                    encoder.add(reader.field().address(), reader.field().length());
                    end();
                }
            }
        }
    }

    private static boolean fieldsExpire(Value value) {
        var object = value.object;
        return object != null && object.earliestExpiry() != Long.MAX_VALUE;
    }

    /** Whether it is a hash of which all fields are expired. */
    private static boolean isGone(Value value) {
        if (!fieldsExpire(value)) {
            return false;
        }
        try (HashReader reader = new HashReader(value, System.currentTimeMillis())) {
            return reader.live() == 0;
        }
    }

    /** Whether a value cannot be sent by RESTORE: it is too large, or a hash with fields that expire, which the form of Redis 7.0 cannot hold. */
    static boolean isNeeded(Value value, long mostBytes) {
        return fieldsExpire(value) || bytes(value) > mostBytes;
    }

    private void sortedSet(SortedSet set) throws IOException, Again {
        begin("ZADD");
        for (long at = set.first(); at != SortedView.NONE; at = set.next(at)) {
            encoder.add(RealText.of(set.score(at)));
            encoder.add(set.member(at), set.length(at));
            if (full()) {
                end();
                begin("ZADD");
            }
        }
        end();
    }

    private void stream(StreamObject stream) throws IOException, Again {
        StreamIterator entries = stream.iterator().all(false);
        try (ElementText text = new ElementText()) {
            while (entries.next()) {
                begin("XADD");
                encoder.add(entries.id().toString());
                while (entries.nextField()) {
                    text.setElement(entries.listpack(), entries.fieldAt());
                    encoder.add(text.address(), text.length());
                    text.setElement(entries.listpack(), entries.valueAt());
                    encoder.add(text.address(), text.length());
                }
                end();
            }
        }
        begin("XSETID");
        encoder.add(stream.last().toString()).add("ENTRIESADDED").add(stream.entriesAdded());
        encoder.add("MAXDELETEDID").add(stream.maxDeleted().toString());
        end();
        for (StreamGroup group : stream.groups()) {
            encoder.begin().add("XGROUP").add("CREATE").add(name).add(group.name());
            encoder.add(group.last().toString()).add("ENTRIESREAD").add(group.entriesRead());
            end();
            for (StreamConsumer consumer : group.consumers()) {
                encoder.begin().add("XGROUP").add("CREATECONSUMER").add(name);
                encoder.add(group.name()).add(consumer.name());
                end();
            }
            pending(group);
        }
    }

    private void pending(StreamGroup group) throws IOException, Again {
        StreamId id = new StreamId();
        for (StreamConsumer consumer : group.consumers()) {
            StreamPending pending = group.walk(consumer);
            for (boolean there = pending.first(); there; there = pending.next()) {
                pending.id(id);
                begin("XCLAIM");
                encoder.add(group.name()).add(consumer.name()).add(0).add(id.toString());
                encoder.add("TIME").add(pending.delivered()).add("RETRYCOUNT").add(pending.deliveries());
                encoder.add("FORCE").add("JUSTID");
                end();
            }
        }
    }

    /** For messages: what is printable of a key. */
    static String shown(long key, int length) {
        String text = new String(Memory.bytes(key, Math.min(length, 100)), StandardCharsets.ISO_8859_1);
        return text.replaceAll("[^\\x20-\\x7e]", "?") + (length > 100 ? "..." : "");
    }

    /** Bytes of a value, about. */
    private static long bytes(Value value) {
        var object = value.object;
        return value.encoding == Value.OBJECT && object != null ? object.usedBytes() : value.length;
    }
}
