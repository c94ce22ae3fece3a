package io.cairn.aof;

import java.nio.file.Path;

/** The log on disk holds something it never wrote there. The message names the file, the offset and the repair command. */
public final class DamagedLogException extends LogException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;

    /**
     * @param file the damaged file
     * @param offset byte offset in it
     * @param what what is wrong, in one clause
     */
    public DamagedLogException(Path file, long offset, String what) {
        super("damaged log: " + file + " at offset " + offset + ": " + what
                + "; see it with: cairn log check " + directory(file)
                + " ; cut it off (the bytes are saved) with: cairn log repair " + directory(file));
        this.file = file.toString();
        this.offset = offset;
    }

    private static String directory(Path file) {
        return String.valueOf(file.toAbsolutePath().getParent());
    }

    public String file() {
        return file;
    }

    /** Byte offset of the damage in {@link #file()}. */
    public long offset() {
        return offset;
    }
}
