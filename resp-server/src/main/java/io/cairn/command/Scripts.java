package io.cairn.command;

import org.jspecify.annotations.Nullable;

/** The scripts of a node, as its session commands see them. Any thread. */
public interface Scripts {
    /** Redis: shared.slowevalerr. */
    String BUSY = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

    /** True while a script runs for longer than busy-reply-threshold. */
    boolean busy();

    /**
     * Ends the script that runs, soon.
     *
     * @return the error line that refuses it, or null
     */
    @Nullable
    String kill();

    boolean exists(byte[] sha);

    /** Compiles and keeps a script, and answers its SHA-1. */
    void load(byte[] body, SessionCall.Later later);

    /** Forgets all scripts, and answers. */
    void flush(SessionCall.Later later);

    /** Scripts in the cache. */
    int cached();

    /** Bytes of the cache. */
    long cachedBytes();

    /** Bytes in use by the interpreter. */
    long interpreterBytes();

    /** No script was ever run. */
    Scripts NONE = new Scripts() {
        private static final String OFF = "ERR This node runs no scripts";

        @Override
        public boolean busy() {
            return false;
        }

        @Override
        public String kill() {
            return "NOTBUSY No scripts in execution right now.";
        }

        @Override
        public boolean exists(byte[] sha) {
            return false;
        }

        @Override
        public void load(byte[] body, SessionCall.Later later) {
            later.complete(reply -> reply.error(OFF));
        }

        @Override
        public void flush(SessionCall.Later later) {
            later.complete(Reply::ok);
        }

        @Override
        public int cached() {
            return 0;
        }

        @Override
        public long cachedBytes() {
            return 0;
        }

        @Override
        public long interpreterBytes() {
            return 0;
        }
    };
}
