package io.cairn.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files of lines that people write too. */
public final class TextFile {
    private TextFile() {}

    /**
     * Replaces the file, or makes it: after a crash it is wholly the new one or wholly the old one. Its permissions stay, and it is on the disk when this returns.
     * Blocks.
     *
     * @param target no symbolic link
     */
    public static void replace(Path target, String text, Charset charset) throws IOException {
        Path directory = target.getParent();
        Path temporary = Files.createTempFile(directory, target.getFileName() + "-", ".tmp");
        try {
            Files.writeString(temporary, text, charset);
            if (Files.exists(target) && Files.getFileStore(target).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(target));
            }
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
        if (directory != null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
