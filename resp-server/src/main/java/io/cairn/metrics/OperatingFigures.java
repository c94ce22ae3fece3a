package io.cairn.metrics;

import com.sun.management.OperatingSystemMXBean;
import io.cairn.command.ProcessFigures;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Figures of this process out of /proc where there is one, else out of the JVM. Any thread. */
public final class OperatingFigures implements ProcessFigures {
    private static final Path STAT = Path.of("/proc/self/stat");
    /** Fields of /proc/self/stat after the command's name, from 0 (proc(5): 14, 15 and 24). */
    private static final int UTIME = 11;

    private static final int STIME = 12;
    private static final int RSS = 21;
    /** Linux reports processor time in hundredths of a second whatever its own tick is. */
    private static final long MICROS_PER_TICK = 10_000;

    private static final long PAGE_BYTES = 4096;

    private final @Nullable OperatingSystemMXBean machine =
            ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean ? bean : null;

    private static long stat(int field) {
        try {
            String line = Files.readString(STAT);
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[field]);
        } catch (IOException | RuntimeException e) {
            return -1; // No /proc on this system: the callers fall back to the JVM's figures.
        }
    }

    @Override
    public long residentBytes() {
        long pages = stat(RSS);
        return pages >= 0 ? pages * PAGE_BYTES : Runtime.getRuntime().totalMemory();
    }

    @Override
    public long userMicros() {
        long ticks = stat(UTIME);
        OperatingSystemMXBean bean = machine;
        return ticks >= 0 ? ticks * MICROS_PER_TICK : bean == null ? 0 : bean.getProcessCpuTime() / 1000;
    }

    @Override
    public long systemMicros() {
        return Math.max(0, stat(STIME)) * MICROS_PER_TICK;
    }

    @Override
    public long heapBytes() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Override
    public long maxHeapBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    @Override
    public long machineBytes() {
        OperatingSystemMXBean bean = machine;
        return bean == null ? 0 : bean.getTotalMemorySize();
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
