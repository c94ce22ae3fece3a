package io.cairn.raft.group;

import java.lang.reflect.Method;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When its node class is loaded, the library takes SIGUSR2 and from then on writes a file into the working directory at
 * each. By that signal HotSpot suspends threads for its flight recorder: one recording of a server brought no samples and
 * a file a second. So the signal goes back to whom it belonged to. By reflection: javac warns of {@code sun.misc}.
 */
final class LibrarySignals {
    private static final Logger LOG = LoggerFactory.getLogger(LibrarySignals.class);
    private static final String LIBRARY_NODE = "com.alipay.sofa.jraft.core.NodeImpl";

    private LibrarySignals() {}

    /** Loads the library's node class without what it does to signals; before anything else loads it. */
    static synchronized void keep() {
        try {
            Class<?> signals = Class.forName("sun.misc.Signal");
            Class<?> handlers = Class.forName("sun.misc.SignalHandler");
            Method handle = signals.getMethod("handle", signals, handlers);
            Object signal = signals.getConstructor(String.class).newInstance("USR2");
            Object owner =
                    handle.invoke(null, signal, handlers.getField("SIG_IGN").get(null));
            handle.invoke(null, signal, owner);
            Class.forName(LIBRARY_NODE);
            handle.invoke(null, signal, owner);
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.warn("SIGUSR2 is the Raft library's: flight recordings of this process will have no samples", e);
        }
    }
}
