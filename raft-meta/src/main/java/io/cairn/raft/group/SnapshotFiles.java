package io.cairn.raft.group;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Durability of snapshot directories: the library renames them into place but does not fsync what it renames. */
final class SnapshotFiles {
    private SnapshotFiles() {}

    /** The regular files below {@code dir}, relative to it. */
    static List<String> list(Path dir) throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> dir.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    /** Of all regular files below {@code dir}. */
    static long bytes(Path dir) throws IOException {
        long bytes = 0;
        for (String file : list(dir)) {
            bytes += Files.size(dir.resolve(file));
        }
        return bytes;
    }

    /** Deletes a directory and all in it, if it is there. */
    static void delete(Path dir) throws IOException {
        if (!Files.exists(dir)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(dir)) {
            for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        }
    }

    /** Forces every file below {@code dir} and every directory to the disk. */
    static void forceAll(Path dir) throws IOException {
        try (Stream<Path> paths = Files.walk(dir)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                force(path);
            }
        }
    }

    /** Forces {@code dir} and the directories in it, so that renames are durable. */
    static void forceDirectories(Path dir) throws IOException {
        if (!Files.isDirectory(dir)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(dir, 1)) {
            for (Path path : (Iterable<Path>) paths.filter(Files::isDirectory)::iterator) {
                force(path);
            }
        }
    }

    /** Forces one directory, so that what was made or renamed in it is durable. */
    static void forceDirectory(Path dir) throws IOException {
        force(dir);
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
