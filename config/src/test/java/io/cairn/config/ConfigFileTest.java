package io.cairn.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
    @TempDir
    private Path dir;

    private Path file(String name, String... lines) throws IOException {
        return Files.write(dir.resolve(name), List.of(lines));
    }

    private Config load(String... lines) throws IOException, ConfigException {
        return Config.load(file("cairn.conf", lines), List.of());
    }

    @Test
    void aBadLineStopsTheStartWithOneLine() {
        Map<String, String> wrong = Map.of(
                "foo bar", "Bad directive or wrong number of arguments",
                "maxclients", "wrong number of arguments",
                "timeout 1 2", "wrong number of arguments",
                "maxclients abc", "argument couldn't be parsed into an integer",
                "databases 0", "argument must be between 1 and 10000 inclusive",
                "appendonly \"yes", "Unbalanced quotes in configuration line",
                "appendfsync x", "argument(s) must be one of the following: everysec, always, no",
                "dbfilename a/b", "dbfilename can't be a path, just a filename");
        wrong.forEach((line, why) -> assertThatThrownBy(() -> load("# comment", line))
                .hasMessage("*** FATAL CONFIG FILE ERROR *** " + dir.resolve("cairn.conf") + " at line 2 >>> '" + line
                        + "' " + why));
    }

    @Test
    void whatWouldBeUnsafeToIgnoreStopsTheStart() {
        List<String> unsafe = List.of(
                "tls-port 6380",
                "tls-cluster yes",
                "rename-command FLUSHALL \"\"",
                "loadmodule /lib/x.so",
                "unixsocket /tmp/x.sock");
        for (String line : unsafe) {
            assertThatThrownBy(() -> load(line)).as(line).hasMessageContaining("at line 1 >>> '" + line + "' ");
        }
    }

    @Test
    void listedKeysAreCheckedShownAndWarnedAboutOnce() throws Exception {
        Config config = load("replica-lazy-flush yes", "slave-lazy-flush no", "tls-port 0", "activedefrag no");
        assertThat(config.warnings()).hasSize(3).allMatch(line -> line.contains("means nothing here"));
        assertThat(config.matching(List.of("*-lazy-flush")))
                .isEqualTo(Map.of("replica-lazy-flush", "no", "slave-lazy-flush", "no"));
        assertThatThrownBy(() -> load("list-compress-depth x")).hasMessageContaining("parsed into an integer");
        config.set(List.of("tls-session-cache-size", "5", "list-compress-depth", "1"));
        assertThat(config.warnings()).hasSize(5);
        config.set(List.of("tls-session-cache-size", "6"));
        assertThat(config.warnings()).hasSize(5);
    }

    @Test
    void filesIncludeFiles() throws Exception {
        file("a.inc", "maxclients 5", "include " + dir.resolve("b*.deep"));
        file("b1.deep", "timeout 7");
        file("b2.deep", "timeout 8");
        Config config = load("maxclients 1", "include \"" + dir.resolve("a.inc") + "\"", "hz 20");
        assertThat(config.get(Keys.MAXCLIENTS)).isEqualTo(5);
        assertThat(config.get(Keys.TIMEOUT)).isEqualTo(8);
        assertThat(config.get(Keys.HZ)).isEqualTo(20);
        assertThatThrownBy(() -> load("include /no/such/file"))
                .hasMessageContaining("can't open config file '/no/such/file': No such file or directory");
        file("loop.inc", "include " + dir.resolve("loop.inc"));
        assertThatThrownBy(() -> load("include " + dir.resolve("loop.inc"))).hasMessageContaining("in a circle");
    }

    @Test
    void theCommandLineGoesOverTheFile() throws Exception {
        Path file = file("cairn.conf", "timeout 7", "save 10 1", "save 20 2");
        Config plain = Config.load(file, List.of());
        assertThat(plain.show(Keys.SAVE_POINTS)).isEqualTo("10 1 20 2");
        Config config = Config.load(
                file,
                List.of("--timeout", "9", "--save", "", "--bind", "127.0.0.1", "::1", "--cluster.seeds=a:1,b:2@3"));
        assertThat(config.get(Keys.TIMEOUT)).isEqualTo(9);
        assertThat(config.get(Keys.SAVE_POINTS)).isEmpty();
        assertThat(config.get(Keys.BIND)).containsExactly("127.0.0.1", "::1");
        assertThat(config.show(Keys.CLUSTER_SEEDS)).isEqualTo("a:1 b:2@3");
        assertThat(Config.of("--save", "900 1 300 10").show(Keys.SAVE_POINTS)).isEqualTo("900 1 300 10");
        assertThat(config.isSet(Keys.BIND)).isTrue();
        assertThat(config.isSet(Keys.HZ)).isFalse();
        assertThatThrownBy(() -> Config.of("--nosuch", "1"))
                .hasMessage("*** FATAL CONFIG FILE ERROR *** on the command line >>> '--nosuch 1' "
                        + "Bad directive or wrong number of arguments");
        assertThatThrownBy(() -> Config.of("port", "1")).hasMessageContaining("must start with --");
        assertThatThrownBy(() -> Config.of("--port")).hasMessageContaining("wrong number of arguments");
    }

    @Test
    void portsOfSeveralNodesMustMatch() throws Exception {
        assertThatThrownBy(() -> Config.of("--port", "7001,7002", "--cluster-port", "7003"))
                .hasMessageContaining("'cluster-port' names 1 ports, 'port' names 2");
        assertThatThrownBy(() -> Config.of("--port", "7001,7001")).hasMessageContaining("named twice");
        Config config = Config.of("--port", "60000");
        assertThatThrownBy(config::busPort).hasMessageContaining("cluster-port must be set");
        assertThatThrownBy(() -> config.forNode(1)).hasMessageContaining("no node");
    }

    @Test
    void rewriteReplacesOnlyWhatChanged() throws Exception {
        file("part.inc", "timeout 7", "hz 30");
        Config config = load(
                "# top",
                "include " + dir.resolve("part.inc"),
                "Maxclients   100",
                "save 10 1",
                "save 20 2",
                "tcp-backlog 5");
        config.set(List.of("hz", "40", "save", "1 1", "requirepass", "a b\"c"));
        config.rewrite();
        config.rewrite();
        assertThat(Files.readAllLines(dir.resolve("cairn.conf")))
                .containsExactly(
                        "# top",
                        "include " + dir.resolve("part.inc"),
                        "Maxclients   100",
                        "save 1 1",
                        "tcp-backlog 5",
                        "",
                        "# Generated by CONFIG REWRITE",
                        "requirepass \"a b\\\"c\"",
                        "hz 40");
        Config again = Config.load(dir.resolve("cairn.conf"), List.of());
        for (Key<?> key : KeyTable.keys()) {
            assertThat(again.show(key)).as(key.name()).isEqualTo(config.show(key));
        }
        try (var files = Files.list(dir)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void rewriteNeedsAFile() throws Exception {
        assertThatThrownBy(Config.of()::rewrite).hasMessage("ERR The server is running without a config file");
        Config config = load("hz 20");
        Files.delete(dir.resolve("cairn.conf"));
        assertThatThrownBy(config::rewrite).hasMessageStartingWith("ERR Rewriting config file: ");
    }

    @Test
    void rewriteKeepsThePortsOfTheWholeProcess() throws Exception {
        Config config = Config.load(file("cairn.conf", "port 7001,7002"), List.of("--maxclients", "9"));
        config.forNode(7002).rewrite();
        assertThat(Files.readAllLines(dir.resolve("cairn.conf"))).contains("port 7001,7002", "maxclients 9");
    }
}
