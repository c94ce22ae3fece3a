package io.cairn.raft.meta;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Small files that are either wholly the new one or wholly the old one after a crash, with a checksum at their end. */
public final class DurableFile {
    /** Bound of a file's content. */
    public static final int MAX_BYTES = 64 << 20;

    private static final int CRC_BYTES = 4;

    private DurableFile() {}

    /** What {@link #write} writes, for a file of a directory that is forced to the disk as a whole. */
    public static byte[] framed(byte[] content) {
        return ByteBuffer.allocate(content.length + CRC_BYTES)
                .put(content)
                .putInt(crc(content, content.length))
                .array();
    }

    /** Replaces {@code file}; it is on the disk when this returns. Blocks. */
    public static void write(Path file, byte[] content) throws IOException {
        if (content.length > MAX_BYTES) {
            throw new IOException(file + " would have " + content.length + " bytes");
        }
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        ByteBuffer bytes = ByteBuffer.wrap(framed(content));
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    /**
     * Reads what {@link #write} wrote. Blocks.
     *
     * @throws IOException when it is not there, or its checksum is wrong
     */
    public static byte[] read(Path file) throws IOException {
        long size = Files.size(file);
        if (size < CRC_BYTES || size > MAX_BYTES + CRC_BYTES) {
            throw new IOException(file + " is damaged: " + size + " bytes");
        }
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length - CRC_BYTES;
        if (ByteBuffer.wrap(bytes).getInt(length) != crc(bytes, length)) {
            throw new IOException(file + " is damaged: its checksum is wrong");
        }
        byte[] content = new byte[length];
        System.arraycopy(bytes, 0, content, 0, length);
        return content;
    }

    /** Makes created, renamed and deleted names in a directory durable. Blocks. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Deletes a directory with all in it; what is not there, or vanishes meanwhile, is well. Blocks. */
    public static void deleteTree(Path directory) throws IOException {
        Files.walkFileTree(directory, new Deleter());
    }

    private static final class Deleter extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
            if (failure != null && !(failure instanceof NoSuchFileException)) {
                throw failure;
            }
            Files.deleteIfExists(visited);
            return FileVisitResult.CONTINUE;
        }
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
