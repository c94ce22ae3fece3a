package io.cairn.command;

import java.lang.management.ManagementFactory;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.ObjectName;

/** DEBUG JMAP: what fills the Java heap, as {@code jmap -histo:live} tells. It collects garbage first. */
final class DebugHeap {
    private static final int LINES = 60;

    private DebugHeap() {}

    static Consumer<Reply> histogram() {
        try {
            Object text = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
            String first = String.valueOf(text).lines().limit(LINES).collect(Collectors.joining("\n"));
            return reply -> reply.verbatim(first);
        } catch (JMException e) {
            return reply -> reply.error("ERR this JVM gives no histogram of its heap: " + e.getMessage());
        }
    }
}
