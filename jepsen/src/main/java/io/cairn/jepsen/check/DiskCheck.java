package io.cairn.jepsen.check;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What must be true of the disks: of one process's after it was killed, and of all replicas' at the end of a run. It
 * remembers the votes it saw: none is ever taken back. One thread.
 */
public final class DiskCheck {
    private static final int CAUGHT_UP_SECONDS = 60;

    /** A node that came by MEET has a directory that its cluster's id ends. */
    private static final Pattern META = Pattern.compile("/meta(-[0-9a-f]{8})?/log$");

    private final Distribution distribution;
    private final Map<String, ReplicaLog.Vote> votes = new HashMap<>();

    public DiskCheck(Distribution distribution) {
        this.distribution = distribution;
    }

    /** The directory of a process that was killed and has not been started again; nothing in it is changed. */
    public Finding dead(Path home) {
        long began = System.nanoTime();
        List<String> problems = new ArrayList<>();
        Map<String, ReplicaLog> logs = new LogDump(false, problems).run(distribution, home);
        votesStay(logs.values(), problems);
        return Finding.of("disk-dead", figures(logs.values(), began), problems);
    }

    /**
     * The end of a run: no client writes any more. Compares the replicas' memory, kills all processes, compares their logs.
     * They are not started again.
     */
    public Finding atEnd(CairnCluster cluster) {
        long began = System.nanoTime();
        List<String> problems = new ArrayList<>();
        List<Shard> shards = shards(cluster, problems);
        Map<String, Long> committed = memory(shards, problems);
        List<Integer> all = IntStream.range(0, cluster.processes()).boxed().toList();
        cluster.kill9(all);
        List<Path> homes = all.stream().map(cluster::home).toList();
        return disks(homes, shards, committed, problems, began);
    }

    /** What differs between the memory of replicas now; no client writes meanwhile. The processes go on. */
    public static List<String> memory(CairnCluster cluster) {
        List<String> problems = new ArrayList<>();
        memory(shards(cluster, problems), problems);
        return problems;
    }

    /** The index at which the replicas of each shard were compared. */
    private static Map<String, Long> memory(List<Shard> shards, List<String> problems) {
        Map<String, Long> compared = new LinkedHashMap<>();
        for (Shard shard : shards) {
            compared.put(shard.name, new ReplicaDigests(shard.name, shard.nodes, problems).run());
        }
        return compared;
    }

    /** Compares the logs of processes that do not run; {@code problems} are those found before. */
    Finding disks(
            List<Path> homes, List<Shard> shards, Map<String, Long> committed, List<String> problems, long began) {
        Map<String, ReplicaLog> logs = new TreeMap<>();
        for (Path home : homes) {
            logs.putAll(new LogDump(true, problems).run(distribution, home));
        }
        votesStay(logs.values(), problems);
        Map<String, Object> figures = figures(logs.values(), began);
        figures.put("shards", shards.size());
        figures.put("comparedEntries", compare(shards, committed, logs, problems));
        Map<String, ReplicaLog> meta = meta(homes.size(), logs, problems);
        figures.put("comparedMetaEntries", compareMeta(meta, problems));
        figures.put("comparedMetaMaps", compareMaps(meta.keySet(), problems));
        figures.put("committed", committed);
        return Finding.of("disk-end", figures, problems);
    }

    /** Compares the shards' logs; a comparison of nothing is a problem, too. */
    static long compare(
            List<Shard> shards, Map<String, Long> committed, Map<String, ReplicaLog> logs, List<String> problems) {
        long compared = 0;
        for (Shard shard : shards) {
            Map<String, ReplicaLog> replicas = new TreeMap<>();
            for (Address node : shard.nodes) {
                ReplicaLog log = find(logs, node.port(), "shard");
                if (log == null) {
                    problems.add(shard.name + ": " + node + " has no log of it");
                } else {
                    replicas.put(node.toString(), log);
                }
            }
            long applied = Math.max(0, committed.getOrDefault(shard.name, 0L));
            LogComparison comparison = new LogComparison(shard.name, replicas, applied);
            problems.addAll(comparison.run());
            if (applied > 0 && comparison.compared() == 0) {
                problems.add(shard.name + ": its replicas applied entry " + applied
                        + ", but no entry is in two of their logs: nothing was compared");
            }
            compared += comparison.compared();
        }
        return compared;
    }

    /** The meta group's logs, one a node. */
    static Map<String, ReplicaLog> meta(int processes, Map<String, ReplicaLog> logs, List<String> problems) {
        Map<String, ReplicaLog> meta = new TreeMap<>();
        logs.forEach((directory, log) -> {
            if (META.matcher(directory).find()) {
                meta.put(directory, log);
            }
        });
        // Of a node that came by MEET: a kill may have left the log of the group that it had alone.
        List<String> alone = meta.keySet().stream()
                .filter(directory -> meta.keySet().stream()
                        .anyMatch(other -> other.startsWith(directory.replaceFirst("/log$", "-"))))
                .toList();
        alone.forEach(meta::remove);
        if (meta.size() < processes) {
            problems.add("meta group: " + processes + " processes have only " + meta.size() + " logs of it: "
                    + meta.keySet());
        }
        return meta;
    }

    /** Its logs are purged often, and no two replicas' in the same place. */
    static long compareMeta(Map<String, ReplicaLog> meta, List<String> problems) {
        LogComparison comparison = new LogComparison("meta group", meta, 0);
        problems.addAll(comparison.run());
        if (meta.size() > 1 && comparison.compared() == 0) {
            problems.add("meta group: no entry is in two of its logs: nothing was compared");
        }
        return comparison.compared();
    }

    /** Replicas with snapshots of one index have the same map there, to the byte. The number of maps that had another to be like. */
    static int compareMaps(Iterable<String> metaLogs, List<String> problems) {
        Map<String, Path> first = new TreeMap<>();
        int compared = 0;
        for (String log : metaLogs) {
            Path snapshots = Path.of(log).resolveSibling("snapshots");
            if (!Files.isDirectory(snapshots)) {
                continue;
            }
            try (DirectoryStream<Path> found = Files.newDirectoryStream(snapshots, "snapshot_*")) {
                for (Path snapshot : found) {
                    Path map = snapshot.resolve("cluster.map");
                    Path other = first.putIfAbsent(String.valueOf(snapshot.getFileName()), map);
                    if (other != null) {
                        compared++;
                        if (Files.mismatch(other, map) >= 0) {
                            problems.add("meta group: the maps in " + other + " and " + map + " differ");
                        }
                    }
                }
            } catch (IOException e) {
                problems.add("meta group: the maps in " + snapshots + " cannot be read: " + e);
            }
        }
        return compared;
    }

    /** The log of a node lies in {@code <port>/shard/log} or {@code <port>/meta/log} below its process's directory. */
    private static @Nullable ReplicaLog find(Map<String, ReplicaLog> logs, int port, String kind) {
        String end = "/" + port + "/" + kind + "/log";
        for (Map.Entry<String, ReplicaLog> log : logs.entrySet()) {
            if (log.getKey().endsWith(end)) {
                return log.getValue();
            }
        }
        return null;
    }

    /**
     * A shard and who holds it.
     *
     * @param nodes where the harness reaches them
     */
    record Shard(String name, List<Address> nodes) {}

    static List<Shard> shards(CairnCluster cluster, List<String> problems) {
        List<Address> nodes = cluster.nodes();
        try {
            ClusterState.awaitCaughtUp(nodes, CAUGHT_UP_SECONDS);
            List<Shard> shards = new ArrayList<>();
            ClusterState.shards(nodes.get(0)).forEach((slots, ports) -> {
                List<Address> holders = nodes.stream()
                        .filter(node -> ports.contains(node.port()))
                        .toList();
                shards.add(new Shard("shard " + slots, holders));
            });
            if (shards.isEmpty()) {
                problems.add(nodes.get(0) + " knows no shard");
            }
            return shards;
        } catch (Exception e) {
            problems.add("the replicas cannot be compared: " + e.getMessage());
            return List.of();
        }
    }

    /** A later term, or the same vote in the same term, or a vote where there was none yet in it. */
    private void votesStay(Iterable<ReplicaLog> logs, List<String> problems) {
        for (ReplicaLog log : logs) {
            ReplicaLog.Vote now = log.voted();
            if (now == null) {
                continue;
            }
            ReplicaLog.Vote before = votes.put(log.directory + " of " + identity(log.directory), now);
            if (before != null
                    && (now.term() < before.term()
                            || (now.term() == before.term()
                                    && !before.votedFor().isEmpty()
                                    && !now.votedFor().equals(before.votedFor())))) {
                problems.add("log %s: the vote file had term %d and a vote for '%s', now it has term %d and '%s'"
                        .formatted(log.directory, before.term(), before.votedFor(), now.term(), now.votedFor()));
            }
        }
    }

    /** A node that was wiped comes back under a new id, which has voted for nobody. */
    private static String identity(String directory) {
        Path node = Path.of(directory).resolve("../../node.conf").normalize();
        try {
            for (String line : Files.readAllLines(node)) {
                if (line.startsWith("id ")) {
                    return line;
                }
            }
        } catch (IOException e) {
            return "unknown";
        }
        return "unknown";
    }

    private static Map<String, Object> figures(Iterable<ReplicaLog> logs, long began) {
        long entries = 0;
        int torn = 0;
        int count = 0;
        for (ReplicaLog log : logs) {
            entries += log.entries();
            torn += log.tornTails();
            count++;
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("logs", count);
        figures.put("entries", entries);
        figures.put("tornTails", torn);
        figures.put("millis", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        return figures;
    }
}
