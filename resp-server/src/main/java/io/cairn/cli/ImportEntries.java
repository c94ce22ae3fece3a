package io.cairn.cli;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.rdb.PayloadBuffer;
import io.cairn.rdb.RdbReader;
import java.io.IOException;
import java.util.function.LongConsumer;

/** Sends the entries of an RDB file as they are read: each by RESTORE, or in pieces. */
final class ImportEntries implements RdbReader.Visitor {
    private static final int SHOWN_EVERY = 64;

    private final ImportTarget target;
    private final ImportOptions options;
    private final PayloadBuffer payload;
    private final ImportLibraries functions;
    private final LongConsumer seen;
    private final long now = System.currentTimeMillis();
    private long count;
    private long expired;
    private long left;

    /** @param seen told now and then how many entries there were */
    ImportEntries(
            ImportTarget target,
            ImportOptions options,
            PayloadBuffer payload,
            ImportLibraries functions,
            LongConsumer seen) {
        this.target = target;
        this.options = options;
        this.payload = payload;
        this.functions = functions;
        this.seen = seen;
    }

    /** Keys that were expired already. */
    long expired() {
        return expired;
    }

    /** Keys of other databases than those that are wanted. */
    long left() {
        return left;
    }

    @Override
    public void library(String name, byte[] text) throws IOException {
        functions.load(name, text);
    }

    @Override
    public void visit(int from, long key, int keyLength, Value value, long expireAt) throws IOException {
        if (++count % SHOWN_EVERY == 0) {
            seen.accept(count);
        }
        if (!options.databases().isEmpty() && !options.databases().contains(from)) {
            left++;
            return;
        }
        if (expireAt != 0 && expireAt <= now) {
            expired++;
            return;
        }
        int database = options.into() >= 0 ? options.into() : from;
        String shown = ImportPieces.shown(key, keyLength);
        if (database != 0 && target.isCluster()) {
            throw new IOException("key '" + shown + "' is in database " + database
                    + ", and a cluster has only database 0: choose by --db 0, or --to-db 0");
        }
        if (ImportPieces.isNeeded(value, options.pieceBytes())) {
            byte[] name = Memory.bytes(key, keyLength);
            if (!new ImportPieces(target, options, database, name, shown).load(value, expireAt)) {
                expired++;
            }
            return;
        }
        payload.dump(value);
        ImportEncoder command =
                target.encoder().begin().add("RESTORE").add(key, keyLength).add(expireAt);
        command.add(payload.block().address(), payload.length());
        if (expireAt != 0) {
            command.add("ABSTTL");
        }
        if (options.replace()) {
            command.add("REPLACE");
        }
        target.submit(command.request(Slots.of(key, keyLength), database, shown, null, false));
    }
}
