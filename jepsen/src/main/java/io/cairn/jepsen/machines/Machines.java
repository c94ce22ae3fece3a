package io.cairn.jepsen.machines;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * A raft cluster of machines that come and go: each is a process with a node of every shard, so that a machine is a failure
 * domain with a vote in each shard and one in the meta group. What changes it is what an operator sends: CLUSTER MEET, REPLICATE,
 * FORGET. One thread changes it; {@link #nodes}, {@link #start} and {@link #kill9} are for any.
 */
public final class Machines implements AutoCloseable {
    /** Ports of a machine's nodes, their buses, their Raft ports. */
    private static final int PORTS_EACH = 9;

    private static final int START_SECONDS = 90;
    private static final int STEP_SECONDS = 90;

    private final Distribution distribution;
    private final Path directory;
    private final int basePort;
    private final int shards;
    private final List<String> extra;
    private final Map<Integer, ServerProcess> servers = new ConcurrentSkipListMap<>();
    private volatile List<Address> nodes = List.of();

    /**
     * Starts three machines and creates a cluster of {@code shards} shards on them.
     *
     * @param basePort machine {@code m} uses nine ports from {@code basePort + 9 m} on
     * @param shards 1 to 3
     * @param extra added to each server's command line
     */
    public Machines(Distribution distribution, Path directory, int basePort, int shards, List<String> extra) {
        this.distribution = distribution;
        this.directory = directory;
        this.basePort = basePort;
        this.shards = shards;
        this.extra = List.copyOf(extra);
        try {
            create();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private int port(int machine, int node) {
        return basePort + PORTS_EACH * machine + node;
    }

    private int bus(int machine, int node) {
        return port(machine, node) + 3;
    }

    private String ports(int first) {
        List<String> ports = new ArrayList<>();
        for (int node = 0; node < shards; node++) {
            ports.add(Integer.toString(first + node));
        }
        return String.join(",", ports);
    }

    /** The node of a machine that is of the shard. */
    public Address node(int machine, int shard) {
        return Address.local(port(machine, shard));
    }

    /** All nodes of the machines that are in use. */
    public List<Address> nodes() {
        return nodes;
    }

    /** Starts a machine with what it has on disk; one that runs goes on. */
    public void start(int machine) {
        Path home = directory.resolve("machine-" + machine);
        Disk.makeDirectory(home);
        List<String> arguments = new ArrayList<>(List.of(
                "server",
                "--port",
                ports(port(machine, 0)),
                "--cluster-port",
                ports(bus(machine, 0)),
                "--cluster-raft-port",
                ports(port(machine, 0) + 6),
                "--bind",
                "127.0.0.1",
                "--dir",
                home.toString(),
                "--cluster-enabled",
                "yes",
                "--cluster-consensus",
                "raft",
                "--cluster-seeds",
                "127.0.0.1:" + port(0, 0) + "@" + bus(0, 0)));
        arguments.addAll(extra);
        List<String> command = distribution.command(List.of("-Xms64m", "-Xmx256m"), arguments);
        servers.put(
                machine,
                ServerProcess.again(
                        servers.get(machine), command, directory, directory.resolve("machine-" + machine + ".log")));
    }

    /** {@code kill -9}. */
    public void kill9(int machine) {
        server(machine).kill9();
    }

    /** What the machines printed. */
    public List<Path> outputs() {
        return servers.values().stream().map(ServerProcess::outputFile).toList();
    }

    private ServerProcess server(int machine) {
        ServerProcess server = servers.get(machine);
        if (server == null) {
            throw new IllegalStateException("machine " + machine + " was never started");
        }
        return server;
    }

    private void use(List<Integer> machines) {
        List<Address> all = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            for (int machine : machines) {
                all.add(node(machine, shard));
            }
        }
        nodes = List.copyOf(all);
    }

    private void awaitAnswers(int machine) {
        for (int shard = 0; shard < shards; shard++) {
            Address node = node(machine, shard);
            Await.until(node + " answers", START_SECONDS, () -> ClusterState.answers(node));
        }
    }

    private void create() {
        List<Integer> first = List.of(0, 1, 2);
        first.forEach(this::start);
        first.forEach(this::awaitAnswers);
        use(first);
        List<String> arguments = new ArrayList<>(List.of("cluster", "create"));
        nodes.forEach(node -> arguments.add(node.toString()));
        arguments.addAll(List.of("--replicas", "2"));
        ServerProcess create = ServerProcess.start(
                distribution.command(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"), arguments),
                directory,
                directory.resolve("create.log"));
        if (!create.awaitExit(START_SECONDS) || create.exitCode() != 0) {
            create.close();
            throw new IllegalStateException("cairn cluster create failed: " + create.output());
        }
        ClusterState.awaitHealthy(nodes, START_SECONDS);
    }

    /** A new machine joins, with a replica of each shard; {@code now} are the machines in use with it. */
    public void add(int machine, List<Integer> now) {
        start(machine);
        awaitAnswers(machine);
        use(now);
        for (int shard = 0; shard < shards; shard++) {
            Address node = node(machine, shard);
            int slot = slotOf(shard);
            Await.until(node + " follows its shard", STEP_SECONDS, () -> joined(node, slot));
        }
    }

    /** A slot of each shard, as {@code create} deals them out. */
    private int slotOf(int shard) {
        return 16_384 / shards * shard + 100;
    }

    private boolean joined(Address node, int slot) throws NotSentException, OutcomeUnknownException {
        String id = id(node);
        Address primary = ClusterState.primaryOf(slot, others(node));
        if (primary == null || primary.equals(node)) {
            return primary != null;
        }
        String known = ClusterState.ask(primary, "CLUSTER", "NODES").text();
        if (!known.contains(id)) {
            ClusterState.ask(
                    node,
                    "CLUSTER",
                    "MEET",
                    primary.host(),
                    Integer.toString(primary.port()),
                    Integer.toString(primary.port() + 3));
            return false;
        }
        String primaryId = id(primary);
        if (known.lines().anyMatch(line -> line.startsWith(id) && line.contains("slave"))) {
            return true;
        }
        ClusterState.ask(node, "CLUSTER", "REPLICATE", primaryId);
        return false;
    }

    private List<Address> others(Address node) {
        return nodes.stream().filter(other -> !other.equals(node)).toList();
    }

    private static String id(Address node) throws NotSentException, OutcomeUnknownException {
        Reply id = ClusterState.ask(node, "CLUSTER", "MYID");
        if (id.failed()) {
            throw new IllegalStateException(id.text());
        }
        return id.text();
    }

    /** The ids of a machine's nodes, as the others know them: it may be dead. */
    public List<String> ids(int machine) {
        List<String> ids = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            Address node = node(machine, shard);
            String[] found = new String[1];
            Await.until("somebody knows " + node, STEP_SECONDS, () -> {
                for (Address other : others(node)) {
                    String line = line(other, node);
                    if (line != null) {
                        found[0] = line.substring(0, 40);
                        return true;
                    }
                }
                return false;
            });
            ids.add(found[0]);
        }
        return ids;
    }

    private static @Nullable String line(Address at, Address node) {
        try {
            return ClusterState.ask(at, "CLUSTER", "NODES")
                    .text()
                    .lines()
                    .filter(line -> line.contains(" " + node + "@"))
                    .findFirst()
                    .orElse(null);
        } catch (NotSentException | OutcomeUnknownException e) {
            return null;
        }
    }

    /** A machine, dead or alive, leaves for good; {@code now} are those that stay. Returns when the groups have settled without it. */
    public void remove(int machine, List<Integer> now) {
        List<String> ids = ids(machine);
        use(now);
        for (String id : ids) {
            Await.until(id + " is forgotten", STEP_SECONDS, () -> {
                for (Address node : nodes) {
                    String answer = answer(node, "CLUSTER", "FORGET", id);
                    if (answer.equals("OK")) {
                        return true;
                    }
                    if (answer.contains("my master")) {
                        // Only nodes of its own shard are left to ask: one of them leads first.
                        answer(node, "CLUSTER", "FAILOVER");
                    }
                }
                return false;
            });
        }
        awaitSettled(now);
        ServerProcess server = server(machine);
        if (server.alive()) {
            server.stop(30);
        }
    }

    private static String answer(Address node, String... words) {
        try {
            return ClusterState.ask(node, words).text();
        } catch (NotSentException | OutcomeUnknownException e) {
            return "no answer: " + e.getMessage();
        }
    }

    /** Waits until all nodes of these machines see a whole cluster of them alone, and every group has the voters it should have. */
    public void awaitSettled(List<Integer> machines) {
        int voters = machines.size() % 2 == 1 ? machines.size() : machines.size() - 1;
        String[] complaint = {""};
        try {
            Await.until("all groups have " + voters + " voters", STEP_SECONDS, () -> {
                int meta = 0;
                for (int shard = 0; shard < shards; shard++) {
                    int votes = 0;
                    for (int machine : machines) {
                        Address node = node(machine, shard);
                        complaint[0] = node + " does not answer";
                        Map<String, String> info = info(node);
                        if (!"ok".equals(info.get("cluster_state"))
                                || !Integer.toString(machines.size() * shards).equals(info.get("cluster_known_nodes"))
                                || !Integer.toString(voters).equals(info.get("cluster_shard_voters"))
                                || !Integer.toString(voters).equals(info.get("cluster_meta_voters"))) {
                            complaint[0] = node + " says " + info;
                            return false;
                        }
                        votes += votes(info, "cluster_shard_role");
                        meta += votes(info, "cluster_meta_role");
                    }
                    if (votes != voters) {
                        complaint[0] = votes + " nodes vote in shard " + shard;
                        return false;
                    }
                }
                complaint[0] = meta + " nodes vote in the meta group";
                return meta == voters;
            });
        } catch (IllegalStateException e) {
            throw new IllegalStateException(e.getMessage() + "; " + complaint[0], e);
        }
    }

    private static int votes(Map<String, String> info, String role) {
        return info.getOrDefault(role, "").matches("leader|follower") ? 1 : 0;
    }

    /** CLUSTER INFO of a node. */
    public static Map<String, String> info(Address node) throws NotSentException, OutcomeUnknownException {
        Map<String, String> lines = new TreeMap<>();
        ClusterState.ask(node, "CLUSTER", "INFO").text().lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return lines;
    }

    @Override
    public void close() {
        servers.values().forEach(ServerProcess::close);
    }
}
