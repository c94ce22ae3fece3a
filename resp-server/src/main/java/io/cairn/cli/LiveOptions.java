package io.cairn.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code cairn import --live} is told, and its run: SIGTERM and SIGINT cut over. */
final class LiveOptions {
    private static final long MB = 1 << 20;
    private static final int SIGNALLED_EXIT_CODE = 1;

    @Option(
            names = "--live",
            paramLabel = "HOST:PORT",
            description =
                    "Follow this server, or the primaries of the cluster it is in, by PSYNC, instead of reading a FILE."
                            + " SIGTERM or Ctrl-C cuts over: what the source has then is applied, and the command ends with 0.")
    @Nullable
    String from;

    @Option(names = "--live-user", description = "User to log in as at the source.")
    @Nullable
    String user;

    @Option(
            names = "--live-pass",
            description = "Password at the source; better in the environment variable CAIRN_LIVE_AUTH.")
    @Nullable
    String password;

    @Option(
            names = "--until-caught-up",
            description = "With --live: end when the source has changed nothing for a second and all of it is applied.")
    boolean untilCaughtUp;

    @Option(
            names = "--spool",
            paramLabel = "MB",
            defaultValue = "4096",
            description =
                    "With --live: changes of each primary that may wait in java.io.tmpdir (default: ${DEFAULT-VALUE}).")
    int spoolMegabytes;

    /** The exit code: 0, or 1 when the target refused what the source had done. */
    int run(
            ImportOptions options,
            boolean functions,
            boolean skipModules,
            boolean quiet,
            PrintWriter out,
            PrintWriter err)
            throws IOException, InterruptedException {
        String secret = password != null ? password : System.getenv("CAIRN_LIVE_AUTH");
        LiveImport.From what = new LiveImport.From(
                ClusterClient.addresses(List.of(String.valueOf(from))).get(0),
                new Login(user, secret == null ? "" : secret),
                Math.max(1, spoolMegabytes) * MB,
                untilCaughtUp);
        LiveImport run = new LiveImport(what, options, functions, skipModules, quiet, err);
        CountDownLatch ended = new CountDownLatch(1);
        AtomicInteger code = new AtomicInteger(SIGNALLED_EXIT_CODE);
        Thread hook = new Thread(() -> cutOver(run, ended, code, options.timeoutMillis()), "cut-over");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            LiveImport.Result result = run.run();
            out.println(String.format(
                    Locale.ROOT,
                    "%,d keys loaded and %,d commands applied from %d primaries: the target has all of it",
                    result.keys(),
                    result.commands(),
                    result.sources()));
            out.flush();
            code.set(result.refused() > 0 ? 1 : 0);
            if (result.refused() > 0) {
                err.println(String.format(
                        Locale.ROOT,
                        "cairn: the target refused commands in %,d transactions, the first: %s; its data may differ",
                        result.refused(),
                        result.firstRefused()));
                err.flush();
            }
            return code.get();
        } catch (IOException e) {
            err.println("cairn: " + e.getMessage());
            err.flush();
            return 1;
        } finally {
            ended.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // It runs.
            }
        }
    }

    private static void cutOver(LiveImport run, CountDownLatch ended, AtomicInteger code, long timeoutMillis) {
        run.cutOver();
        try {
            if (!ended.await(2 * timeoutMillis, TimeUnit.MILLISECONDS)) {
                code.set(SIGNALLED_EXIT_CODE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(code.get()); // Else the code were that of the signal.
    }
}
