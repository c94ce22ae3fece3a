package io.cairn.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a stock redis.conf asks of the process itself: {@code daemonize}, {@code pidfile}, {@code logfile}. Claimed once
 * by the server, before it opens its log; closing removes the pidfile.
 */
public final class ProcessFiles implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProcessFiles.class);

    private final @Nullable Path pidfile;

    private ProcessFiles(@Nullable Path pidfile) {
        this.pidfile = pidfile;
    }

    /**
     * Checks the log file and writes the pidfile. As in Redis, a pidfile that cannot be written is not fatal.
     *
     * @throws ConfigException if the log file cannot be opened
     */
    public static ProcessFiles claim(Config config) throws ConfigException {
        String logfile = config.get(Keys.LOGFILE);
        if (!logfile.isEmpty()) {
            try {
                FileChannel.open(Path.of(logfile), StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                        .close();
            } catch (IOException e) {
                throw new ConfigException("*** FATAL CONFIG FILE ERROR *** logfile: can't open the log file: " + e);
            }
        }
        if (config.get(Keys.DAEMONIZE)) {
            log.warn("'daemonize yes': a JVM cannot fork, so the server stays in the foreground");
        }
        String pidfile = config.get(Keys.PIDFILE);
        return new ProcessFiles(pidfile.isEmpty() ? null : written(Path.of(pidfile)));
    }

    private static @Nullable Path written(Path pidfile) {
        try {
            Files.writeString(pidfile, ProcessHandle.current().pid() + "\n");
            return pidfile;
        } catch (IOException e) {
            log.warn("cannot write the pidfile: {}", e.toString());
            return null;
        }
    }

    @Override
    public void close() {
        try {
            if (pidfile != null) {
                Files.deleteIfExists(pidfile);
            }
        } catch (IOException e) {
            log.warn("cannot remove the pidfile: {}", e.toString());
        }
    }
}
