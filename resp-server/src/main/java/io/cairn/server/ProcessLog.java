package io.cairn.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.config.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The log lines of a process: logfile and loglevel. One line per state change, none per request. */
public final class ProcessLog {
    private static final String PATTERN = "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%thread] %logger{0}: %msg%n%ex";
    private static final String APPENDER = "cairn";
    private static final List<String> LIBRARIES =
            List.of("com.alipay.sofa", "io.scalecube", "net.openhft", "reactor", "io.netty");

    /** Kept: the JDK forgets the level of a logger that nobody holds. Chronicle warns of a flag it does not need. */
    private static final java.util.logging.Logger CHRONICLE = java.util.logging.Logger.getLogger("net.openhft");

    private ProcessLog() {}

    /** @throws IOException with one line when the log file cannot be written */
    public static void configure(Config config) throws IOException {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        CHRONICLE.setLevel(java.util.logging.Level.SEVERE);
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = appender(config.get(Keys.LOGFILE));
        appender.setContext(context);
        appender.setName(APPENDER);
        appender.setEncoder(encoder);
        appender.start();
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(Level.INFO);
        level(context, config.get(Keys.LOGLEVEL));
        config.onChange(Keys.LOGLEVEL, level -> level(context, level));
    }

    /** A command line tool says what there is to say itself. */
    public static void none() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            CHRONICLE.setLevel(java.util.logging.Level.SEVERE);
            context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
        }
    }

    private static OutputStreamAppender<ILoggingEvent> appender(String logFile) throws IOException {
        if (logFile.isEmpty()) {
            return new ConsoleAppender<>();
        }
        Path path = Path.of(logFile).toAbsolutePath();
        Path directory = path.getParent();
        if (directory == null || !Files.isDirectory(directory) || (Files.exists(path) && !Files.isWritable(path))) {
            throw new IOException("cannot open the log file " + path);
        }
        FileAppender<ILoggingEvent> file = new FileAppender<>();
        file.setFile(path.toString());
        return file;
    }

    private static void level(LoggerContext context, LogLevel level) {
        context.getLogger("io.cairn")
                .setLevel(
                        switch (level) {
                            case DEBUG -> Level.TRACE;
                            case VERBOSE -> Level.DEBUG;
                            case NOTICE -> Level.INFO;
                            case WARNING -> Level.WARN;
                        });
        // The libraries log every failed attempt to reach a dead peer, some as an error; our own layers say it once.
        Level libraries = level == LogLevel.DEBUG ? Level.INFO : Level.OFF;
        for (String library : LIBRARIES) {
            context.getLogger(library).setLevel(libraries);
        }
    }
}
