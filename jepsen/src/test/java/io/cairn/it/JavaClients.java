package io.cairn.it;

import io.cairn.jepsen.resp.Address;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.api.redisnode.RedisCluster;
import org.redisson.api.redisnode.RedisNodes;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;
import org.redisson.config.ReadMode;
import redis.clients.jedis.ClusterCommandObjects;
import redis.clients.jedis.CommandObjects;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.RedisProtocol;

/** Jedis, Lettuce and Redisson with reads at replicas, otherwise as people configure them. */
final class JavaClients {
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final int REFRESH_SECONDS = 3;

    private JavaClients() {}

    static JavaSubject.Client jedis(List<Address> nodes, boolean resp3) {
        Set<HostAndPort> seeds = nodes.stream()
                .map(node -> new HostAndPort(node.host(), node.port()))
                .collect(Collectors.toSet());
        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()
                .protocol(resp3 ? RedisProtocol.RESP3 : RedisProtocol.RESP2)
                .timeoutMillis(TIMEOUT_MILLIS)
                .readOnlyForRedisClusterReplicas()
                .build();
        CommandObjects commands = new ClusterCommandObjects();
        JedisCluster jedis = new JedisCluster(
                seeds,
                config,
                new ConnectionPoolConfig(),
                Duration.ofSeconds(REFRESH_SECONDS),
                5,
                Duration.ofSeconds(5));
        return new JavaSubject.Client() {
            @Override
            public void set(String key, String value) {
                jedis.set(key, value);
            }

            @Override
            public @Nullable String get(String key) {
                return jedis.executeCommandToReplica(commands.get(key));
            }

            /** Jedis tells the holders of slots by looking them up: CLUSTER NODES at any that it knows. */
            @Override
            public Set<String> primaries() {
                Set<String> primaries = new HashSet<>();
                for (int slot = 0; slot < 16_384; slot += 64) {
                    try (Connection connection = jedis.getConnectionFromSlot(slot)) {
                        primaries.add(connection.toString());
                    }
                }
                return primaries.stream()
                        .map(text -> text.replaceAll(".*?(127\\.0\\.0\\.1:\\d+).*", "$1"))
                        .collect(Collectors.toSet());
            }

            @Override
            public void close() {
                jedis.close();
            }
        };
    }

    static JavaSubject.Client lettuce(List<Address> nodes, boolean resp3) {
        List<RedisURI> seeds = nodes.stream()
                .map(node -> RedisURI.builder()
                        .withHost(node.host())
                        .withPort(node.port())
                        .withTimeout(Duration.ofMillis(TIMEOUT_MILLIS))
                        .build())
                .toList();
        RedisClusterClient client = RedisClusterClient.create(seeds);
        client.setOptions(ClusterClientOptions.builder()
                .protocolVersion(resp3 ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2)
                .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enablePeriodicRefresh(Duration.ofSeconds(REFRESH_SECONDS))
                        .enableAllAdaptiveRefreshTriggers()
                        .build())
                .build());
        StatefulRedisClusterConnection<String, String> connection = client.connect();
        connection.setReadFrom(ReadFrom.REPLICA_PREFERRED);
        return new JavaSubject.Client() {
            @Override
            public void set(String key, String value) {
                connection.sync().set(key, value);
            }

            @Override
            public @Nullable String get(String key) {
                return connection.sync().get(key);
            }

            @Override
            public Set<String> primaries() {
                Set<String> primaries = new HashSet<>();
                for (RedisClusterNode node : connection.getPartitions()) {
                    if (node.is(RedisClusterNode.NodeFlag.UPSTREAM)
                            && !node.getSlots().isEmpty()) {
                        primaries.add(
                                node.getUri().getHost() + ":" + node.getUri().getPort());
                    }
                }
                return primaries;
            }

            @Override
            public void close() {
                connection.close();
                client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
            }
        };
    }

    static JavaSubject.Client redisson(List<Address> nodes, boolean resp3) {
        Config config = new Config();
        config.setProtocol(resp3 ? Protocol.RESP3 : Protocol.RESP2);
        config.setThreads(4);
        config.setNettyThreads(4);
        config.useClusterServers()
                .addNodeAddress(nodes.stream()
                        .map(node -> "redis://" + node.host() + ":" + node.port())
                        .toArray(String[]::new))
                .setReadMode(ReadMode.SLAVE)
                .setScanInterval(REFRESH_SECONDS * 1_000)
                .setTimeout(TIMEOUT_MILLIS)
                .setMasterConnectionMinimumIdleSize(1)
                .setSlaveConnectionMinimumIdleSize(1)
                .setMasterConnectionPoolSize(4)
                .setSlaveConnectionPoolSize(4)
                .setSubscriptionConnectionMinimumIdleSize(0);
        RedissonClient client = Redisson.create(config);
        return new JavaSubject.Client() {
            @Override
            public void set(String key, String value) {
                client.getBucket(key, StringCodec.INSTANCE).set(value);
            }

            @Override
            public @Nullable String get(String key) {
                return client.<String>getBucket(key, StringCodec.INSTANCE).get();
            }

            @Override
            public Set<String> primaries() {
                RedisCluster cluster = client.getRedisNodes(RedisNodes.CLUSTER);
                return cluster.getMasters().stream()
                        .map(master -> "127.0.0.1:" + master.getAddr().getPort())
                        .collect(Collectors.toSet());
            }

            @Override
            public void close() {
                client.shutdown();
            }
        };
    }
}
