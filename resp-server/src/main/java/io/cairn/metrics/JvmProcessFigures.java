package io.cairn.metrics;

import com.sun.management.OperatingSystemMXBean;
import io.cairn.command.ProcessFigures;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Figures of this process from the JVM's beans and, on Linux, from /proc. */
public final class JvmProcessFigures implements ProcessFigures {
    /** /proc counts processor time in hundredths of a second on every Linux (USER_HZ). */
    private static final long MICROS_PER_TICK = 10_000;
    /** Fields of /proc/self/stat behind the closing parenthesis of the name: utime and stime. */
    private static final int USER_FIELD = 11;

    private static final int SYSTEM_FIELD = 12;

    private final OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();

    @Override
    public long residentBytes() {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
            for (String line : lines) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException e) {
            // No /proc on this system: what the JVM has committed is the nearest there is.
            return committedBytes();
        }
        return committedBytes();
    }

    private long committedBytes() {
        return memory.getHeapMemoryUsage().getCommitted()
                + memory.getNonHeapMemoryUsage().getCommitted();
    }

    @Override
    public long userMicros() {
        long micros = ticks(USER_FIELD);
        return micros >= 0 ? micros : machine.getProcessCpuTime() / 1000;
    }

    @Override
    public long systemMicros() {
        return Math.max(0, ticks(SYSTEM_FIELD));
    }

    /** Microseconds in a field of /proc/self/stat, -1 without /proc. */
    private static long ticks(int field) {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[field]) * MICROS_PER_TICK;
        } catch (IOException e) {
            return -1;
        }
    }

    @Override
    public long heapBytes() {
        return memory.getHeapMemoryUsage().getUsed();
    }

    @Override
    public long maxHeapBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    @Override
    public long machineBytes() {
        return machine.getTotalMemorySize();
    }

    @Override
    public long processId() {
        return ProcessHandle.current().pid();
    }

    @Override
    public String system() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
    }
}
