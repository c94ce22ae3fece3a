package io.cairn.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    @TempDir
    private Path dir;

    private Config file(String... lines) throws IOException, ConfigException {
        return Config.load(Files.write(dir.resolve("cairn.conf"), List.of(lines)), List.of());
    }

    @Test
    void defaultsAreThoseOfRedis() throws Exception {
        Config config = Config.of();
        assertThat(config.port()).isEqualTo(6379);
        assertThat(config.show(Keys.BIND)).isEqualTo("127.0.0.1 -::1");
        assertThat(config.show(Keys.SAVE_POINTS)).isEqualTo("3600 1 300 100 60 10000");
        assertThat(config.show(Keys.CLIENT_OUTPUT_BUFFER_LIMIT))
                .isEqualTo("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
        assertThat(config.get(Keys.CLUSTER_CONSENSUS)).isEqualTo(Consensus.GOSSIP);
    }

    @Test
    void debiansStockFileStartsWithOneWarningForEachListedKey() throws Exception {
        Path stock = Path.of("/etc/redis/redis.conf");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.isReadable(stock));
        Config config = Config.load(stock, List.of());
        assertThat(config.warnings()).doesNotHaveDuplicates().hasSizeGreaterThan(20);
        assertThat(config.get(Keys.DIR)).isEqualTo("/var/lib/redis");
        assertThat(config.matching(List.of("daemonize"))).containsEntry("daemonize", "yes");
    }

    @Test
    void dottedAssignmentsNameTheSameKeys() throws Exception {
        assertThat(file("cluster.consensus = \"raft\"").get(Keys.CLUSTER_CONSENSUS))
                .isEqualTo(Consensus.RAFT);
        assertThat(file("cluster-consensus raft").get(Keys.CLUSTER_CONSENSUS)).isEqualTo(Consensus.RAFT);
        assertThat(Config.of("--cluster.consensus=raft").get(Keys.CLUSTER_CONSENSUS))
                .isEqualTo(Consensus.RAFT);
        assertThat(file("cluster.seeds = [\"a:1\", \"b:2@3\"]").get(Keys.CLUSTER_SEEDS))
                .containsExactly(new Seed("a", 1, 10_001), new Seed("b", 2, 3));
    }

    @Test
    void aProcessHostsSeveralNodes() throws Exception {
        Config config = Config.of("--port", "7001,7002", "--cluster-port", "0,9999", "--appendonly", "yes");
        Config second = config.forNode(7002);
        assertThat(second.get(Keys.PORT)).containsExactly(7002);
        assertThat(second.busPort()).isEqualTo(9999);
        assertThat(config.forNode(7001).busPort()).isEqualTo(17_001);
        assertThat(second.raftPort()).isEqualTo(27_002);
        assertThat(second.get(Keys.APPENDONLY)).isTrue();
    }

    @Test
    void aListenerThatRefusesEveryValueIsNotToldTheOldOne() throws Exception {
        Config config = Config.of();
        config.onChange(Keys.APPENDONLY, on -> {
            throw new BadValueException("not now");
        });
        assertThatThrownBy(() -> config.set(List.of("appendonly", "yes")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("not now");
        assertThat(config.get(Keys.APPENDONLY)).isFalse();
    }

    @Test
    void aForcedValueIsShownButNotSet() throws Exception {
        Config config = Config.of();
        config.force(Keys.APPENDONLY, true);
        assertThat(config.matching(List.of("appendonly"))).containsEntry("appendonly", "yes");
        assertThat(config.isSet(Keys.APPENDONLY)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "daemonize",
                "supervised",
                "appendfilename",
                "cluster-config-file",
                "io-threads-do-reads",
                "unixsocketperm",
                "enable-debug-command",
                "server_cpulist",
                "cluster-announce-ip",
                "cluster-announce-bus-port",
                "slaveof"
            })
    void whatRedisRefusesToChangeIsRefused(String name) throws Exception {
        Config config = Config.of();
        assertThatThrownBy(() -> config.set(List.of(name, "yes")))
                .hasMessage("ERR CONFIG SET failed (possibly related to argument '" + name
                        + "') - can't set immutable config");
    }

    @Test
    void hzOutOfBoundsCountsAsTheNearest() throws Exception {
        Config config = Config.of("--hz", "501");
        assertThat(config.get(Keys.HZ)).isEqualTo(500);
        config.set(List.of("hz", "0"));
        assertThat(config.show(Keys.HZ)).isEqualTo("1");
        assertThatThrownBy(() -> config.set(List.of("hz", "-1"))).hasMessageContaining("between 0 and 2147483647");
    }

    @Test
    void setTakesAllPairsOrNone() throws Exception {
        Config config = Config.of();
        config.set(List.of("maxmemory", "100mb", "MAXCLIENTS", "7"));
        assertThat(config.show(Keys.MAXMEMORY)).isEqualTo("104857600");
        assertThatThrownBy(() -> config.set(List.of("maxclients", "8", "timeout", "x")))
                .hasMessage("ERR CONFIG SET failed (possibly related to argument 'timeout') - "
                        + "argument couldn't be parsed into an integer");
        assertThat(config.get(Keys.MAXCLIENTS)).isEqualTo(7);
    }

    @Test
    void portsAreSetOnlyAsTheNextStartWouldTakeThem() throws Exception {
        Config config = Config.of("--port", "7001,7002");
        Config second = config.forNode(7002);
        second.set(List.of("cluster-announce-port", "8001 8002"));
        assertThat(second.announcePort()).isEqualTo(8002);
        assertThat(config.forNode(7001).announcePort()).isEqualTo(8001);
        for (String wrong : List.of("9001", "9001 9002 9003")) {
            assertThatThrownBy(() -> second.set(List.of("cluster-announce-port", wrong)))
                    .hasMessageContaining("possibly related to argument 'cluster-announce-port'")
                    .hasMessageContaining("'port' names 2");
        }
        second.set(List.of("cluster-announce-port", "0"));
        assertThat(second.announcePort()).isEqualTo(7002);
    }

    @Test
    void aListenerThatRefusesPutsEverythingBack() throws Exception {
        Config config = Config.of();
        List<Object> seen = new ArrayList<>();
        config.onChange(Keys.TIMEOUT, seen::add);
        config.onChange(Keys.MAXCLIENTS, value -> {
            if (value > 100_000) {
                throw new BadValueException("too many");
            }
        });
        assertThatThrownBy(() -> config.set(List.of("timeout", "5", "maxclients", "200000")))
                .hasMessage("ERR CONFIG SET failed (possibly related to argument 'maxclients') - too many");
        assertThat(config.get(Keys.TIMEOUT)).isZero();
        assertThat(seen).containsExactly(5, 0);
    }

    @Test
    void getTakesGlobPatternsWithoutRegardToCase() throws Exception {
        Config config = Config.of();
        assertThat(config.matching(List.of("MAXMEM*", "maxmemory")))
                .containsEntry("maxmemory", "0")
                .containsEntry("maxmemory-policy", "noeviction");
        assertThat(config.matching(List.of("slave-priority"))).isEqualTo(Map.of("slave-priority", "100"));
        assertThat(config.matching(List.of("no-such-key"))).isEmpty();
    }

    @Test
    void rewriteKeepsCommentsAndOrder() throws Exception {
        Config config = file("# first", "maxclients 100", "", "save 10 1", "# last", "cluster.consensus = raft");
        config.set(List.of("maxclients", "20", "save", "10 1 20 2", "maxmemory", "100mb"));
        config.rewrite();
        assertThat(dir.resolve("cairn.conf")).hasContent("""
                # first
                maxclients 20

                save 10 1
                # last
                cluster.consensus = raft

                # Generated by CONFIG REWRITE
                maxmemory 100mb
                save 20 2
                """);
    }
}
