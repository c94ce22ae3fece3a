package io.cairn.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Shows how far an import is: a bar that is drawn anew on a terminal, else a line now and then. */
final class ImportProgress {
    private static final int BAR_WIDTH = 30;
    private static final long BAR_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final double MB = 1 << 20;

    private final PrintWriter err;
    private final boolean bar;
    private final boolean quiet;
    private final long total;
    private final long began = System.nanoTime();
    private long shownNanos = began;
    private boolean drawn;

    /** @param total bytes of the file */
    ImportProgress(PrintWriter err, boolean bar, boolean quiet, long total) {
        this.err = err;
        this.bar = bar;
        this.quiet = quiet;
        this.total = Math.max(1, total);
    }

    /** Whether standard error is a terminal. */
    static boolean isTerminal() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString().startsWith("/dev/pts/");
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /** Shows how far it is if it is time to. */
    void at(long bytes, long keys) {
        long now = System.nanoTime();
        if (quiet || now - shownNanos < (bar ? BAR_NANOS : LINE_NANOS)) {
            return;
        }
        shownNanos = now;
        show(bytes, keys, now);
    }

    private void show(long bytes, long keys, long now) {
        double seconds = Math.max(0.001, (now - began) / 1e9);
        long percent = Math.min(100, bytes * 100 / total);
        String figures = String.format(
                Locale.ROOT,
                "%3d %%  %,d keys  %,.0f keys/s  %.1f MB/s",
                percent,
                keys,
                keys / seconds,
                bytes / MB / seconds);
        if (bar) {
            int full = (int) (percent * BAR_WIDTH / 100);
            err.print("\r[" + "=".repeat(full) + " ".repeat(BAR_WIDTH - full) + "] " + figures + "  ");
            drawn = true;
        } else {
            err.println("cairn: " + figures.strip());
        }
        err.flush();
    }

    /** Ends the bar's line. */
    void end(long bytes, long keys) {
        if (bar && !quiet) {
            show(bytes, keys, System.nanoTime());
        }
        if (drawn) {
            err.println();
            err.flush();
        }
    }

    double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }
}
