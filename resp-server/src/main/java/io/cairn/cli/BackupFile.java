package io.cairn.cli;

import io.cairn.keyspace.Value;
import io.cairn.rdb.RdbException;
import io.cairn.rdb.RdbReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads all of a shard's file: every value, and the file's own checksum. */
final class BackupFile implements RdbReader.Visitor {
    private long keys;
    private long volatileKeys;
    private long libraries;

    private BackupFile() {}

    /** What is in a file. */
    record Contents(long keys, long volatileKeys, long libraries) {}

    /** @throws IOException when anything in it cannot be read */
    static Contents read(Path file) throws IOException {
        BackupFile counts = new BackupFile();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            new RdbReader(channel, counts, false, false).load();
        } catch (RdbException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
        return new Contents(counts.keys, counts.volatileKeys, counts.libraries);
    }

    /** Compares a file with what the manifest says of it. */
    static void verify(Path directory, BackupManifest.Part part) throws IOException {
        Path file = directory.resolve(part.file());
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + " is missing");
        }
        if (Files.size(file) != part.bytes() || !BackupManifest.sha256(file).equals(part.sha256())) {
            throw new IOException(file + " is not what was backed up: its length or checksum differs");
        }
        Contents found = read(file);
        if (found.keys() != part.keys() || found.volatileKeys() != part.volatileKeys()) {
            throw new IOException(file + " holds " + found.keys() + " keys, the manifest says " + part.keys());
        }
    }

    @Override
    public void library(String name, byte[] text) {
        libraries++;
    }

    @Override
    public void visit(int database, long key, int keyLength, Value value, long expireAt) {
        if (database != 0) {
            // What MIGRATE notes of keys that are on their way; a cluster has no other database.
            return;
        }
        keys++;
        volatileKeys += expireAt == 0 ? 0 : 1;
    }
}
