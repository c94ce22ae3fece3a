package io.cairn.aof;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system as the log needs it. Everything this module writes goes through here, so that tests can run it on a
 * storage that loses power, fails or is full ({@code CrashStorage} in the test jar). Implementations are thread-safe.
 *
 * <p>What is not forced may be lost: a file's bytes until {@link StorageFile#force}, and its name, a rename or a delete
 * until {@link #syncDirectory} of the directory that holds it.
 */
public interface Storage {
    /** How a file is opened. */
    enum Mode {
        /** Must exist; never written. */
        READ,
        /** Must exist; read and written. */
        WRITE,
        /** Made if missing, emptied if there; read and written. */
        CREATE
    }

    /** @throws NoSpaceException when a new file finds no space */
    StorageFile open(Path file, Mode mode) throws IOException;

    boolean exists(Path file) throws IOException;

    /** Replaces {@code to} atomically if it is there. Both lie in one directory. */
    void rename(Path from, Path to) throws IOException;

    /** Does nothing when the file is not there. */
    void delete(Path file) throws IOException;

    /** Names of the plain files in {@code directory}, in no order; empty when the directory is missing. */
    List<String> list(Path directory) throws IOException;

    /** Makes the directory and its parents, durably. */
    void createDirectories(Path directory) throws IOException;

    /** Makes names, renames and deletes in {@code directory} durable. */
    void syncDirectory(Path directory) throws IOException;
}
