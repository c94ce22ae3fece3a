package io.cairn.command;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The scripts of a node, as its session commands see them. Any thread. */
public interface Scripts {
    /** Redis: shared.slowevalerr. */
    String BUSY = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

    /** Redis: shared.slowscripterr. */
    String BUSY_FUNCTION = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";

    /** True while a script runs for longer than busy-reply-threshold. */
    boolean busy();

    /**
     * Ends the script that runs, soon.
     *
     * @param function FUNCTION KILL, which ends no script of EVAL, nor SCRIPT KILL a function
     * @return the error line that refuses it, or null
     */
    @Nullable
    String kill(boolean function);

    /** What a node whose script runs for too long answers. */
    default String busyError() {
        return BUSY;
    }

    /**
     * FUNCTION LIST: answers the libraries.
     *
     * @param wanted by name
     * @param code whether with their text
     */
    void libraries(Predicate<String> wanted, boolean code, SessionCall.Later later);

    /** FUNCTION STATS. */
    void stats(SessionCall.Later later);

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
        public String kill(boolean function) {
            return "NOTBUSY No scripts in execution right now.";
        }

        @Override
        public void libraries(Predicate<String> wanted, boolean code, SessionCall.Later later) {
            later.complete(reply -> reply.array(0));
        }

        @Override
        public void stats(SessionCall.Later later) {
            later.complete(reply -> reply.error(OFF));
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
