package io.cairn.cli;

import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import io.cairn.config.ConfigReference;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn config}: check a configuration, explain the keys. */
@Command(
        name = "config",
        description = "Check and show a configuration, or print the reference of all keys.",
        mixinStandardHelpOptions = true,
        subcommands = {ConfigCommand.Show.class, ConfigCommand.Reference.class})
public final class ConfigCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** {@code cairn config show}. */
    @Command(
            name = "show",
            description = "Read a configuration as the server would and print every key with its value, as lines of a"
                    + " file. Exit code 1 if the server would refuse it.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @Parameters(
                arity = "0..*",
                paramLabel = "file | --key value...",
                description = "A file in redis.conf syntax, then keys that go over it.")
        List<String> words = List.of();

        @Spec
        CommandSpec spec;

        /** Keys are not options of Picocli: the words go to the configuration as they are. */
        @Spec
        void parseLeniently(CommandSpec self) {
            self.parser().unmatchedOptionsArePositionalParams(true);
        }

        @Override
        public Integer call() {
            boolean file = !words.isEmpty() && !words.get(0).startsWith("--");
            PrintWriter err = spec.commandLine().getErr();
            try {
                Config config =
                        Config.load(file ? Path.of(words.get(0)) : null, file ? words.subList(1, words.size()) : words);
                config.warnings().forEach(err::println);
                PrintWriter out = spec.commandLine().getOut();
                config.lines().forEach(out::println);
                out.flush();
                err.flush();
                return 0;
            } catch (ConfigException e) {
                err.println(e.getMessage());
                err.flush();
                return 1;
            }
        }
    }

    /** {@code cairn config reference}. */
    @Command(
            name = "reference",
            description = "Print docs/config-reference.md: every key, its default, bounds and meaning.",
            mixinStandardHelpOptions = true)
    static final class Reference implements Callable<Integer> {
        @Spec
        CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            out.print(ConfigReference.markdown());
            out.flush();
            return 0;
        }
    }
}
