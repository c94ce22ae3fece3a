package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.check.NodeLogCheck;
import io.cairn.jepsen.machines.CountingClient;
import io.cairn.jepsen.machines.Elections;
import io.cairn.jepsen.machines.Machines;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * All machines of a cluster are replaced, one by one, while clients write and machines are killed at random moments. The short
 * form replaces one of three; the long one ({@code make machines}) goes from three voters to five and back to three, then
 * replaces those that are left from the beginning.
 */
@Tag("long")
class MachinesIT {
    private static final int PORT = 23500;
    private static final boolean LONG = Boolean.getBoolean("cairn.machines.all");
    private static final int SHARDS = Integer.getInteger("cairn.machines.shards", LONG ? 2 : 1);
    private static final long SEED = Long.getLong("cairn.seed", 1);
    /** Longer than the default: a machine that is short of processors elects by itself otherwise. */
    private static final String ELECTION_MILLIS = System.getProperty("cairn.machines.election", "2000");

    private static final List<String> ELECTIONS = List.of("--cluster-election-timeout", ELECTION_MILLIS);
    private static final int CLIENTS = 4;
    private static final int KEYS = 25;
    /** Elections that a killed machine, or one that leaves, may cost: of each group it was in, and a second try. */
    private static final int ELECTIONS_OF_A_LOSS = 2;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Integer> machines = new ArrayList<>(List.of(0, 1, 2));
    private int started = 3;
    private int kills;
    private int removals;

    @Test
    void machinesComeAndGoAndNothingIsLost() throws Exception {
        List<CountingClient> clients = new ArrayList<>();
        try (Machines cluster = new Machines(Distribution.find(), directory, PORT, SHARDS, ELECTIONS)) {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new CountingClient("client" + i, KEYS, cluster::nodes));
            }
            try (Elections elections = new Elections(cluster::nodes)) {
                long begin = System.nanoTime();
                if (LONG) {
                    grow(cluster);
                    grow(cluster);
                    shrink(cluster, 0);
                    shrink(cluster, 0);
                    replace(cluster, 0);
                    replace(cluster, 0);
                    replace(cluster, 0);
                    killed(cluster);
                } else {
                    replace(cluster, 0);
                }
                clients.forEach(CountingClient::finish);
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
                System.out.printf(
                        "seed %d, election timeout %s ms: %d machines started, %d left, %d kill -9 in %d s; %d increments, %d unknown,"
                                + " slowest %d ms; elections: %s%n",
                        SEED,
                        ELECTION_MILLIS,
                        started,
                        removals,
                        kills,
                        seconds,
                        clients.stream().mapToLong(CountingClient::done).sum(),
                        clients.stream().mapToLong(CountingClient::unknowns).sum(),
                        clients.stream()
                                .mapToLong(CountingClient::slowestMillis)
                                .max()
                                .orElse(0),
                        elections.describe());
                assertThat(elections.count())
                        .isLessThanOrEqualTo((long) ELECTIONS_OF_A_LOSS * (SHARDS + 1) * (kills + removals + 1));
            }
            assertThat(owners(cluster)).as("all nodes name the same owners").hasSize(1);
            Finding logs = new NodeLogCheck().check(cluster.outputs());
            assertThat(logs.problems()).isEmpty();
        } finally {
            clients.forEach(CountingClient::close);
        }
        for (CountingClient client : clients) {
            assertThat(client.problems()).isEmpty();
            assertThat(client.done()).isPositive();
        }
    }

    private static Set<String> owners(Machines cluster) throws Exception {
        Set<String> owners = new LinkedHashSet<>();
        for (Address node : cluster.nodes()) {
            owners.add(ClusterState.slots(node).toString());
        }
        return owners;
    }

    private void grow(Machines cluster) throws Exception {
        int next = started++;
        machines.add(next);
        Thread killer = killer(cluster, List.copyOf(machines.subList(0, machines.size() - 1)));
        cluster.add(next, List.copyOf(machines));
        end(killer);
        cluster.awaitSettled(machines);
        System.out.println("machine " + next + " joined " + machines);
    }

    private void shrink(Machines cluster, int which) throws Exception {
        int gone = machines.remove(which);
        Thread killer = killer(cluster, List.copyOf(machines));
        cluster.remove(gone, List.copyOf(machines));
        end(killer);
        cluster.awaitSettled(machines);
        removals++;
        System.out.println("machine " + gone + " left " + machines);
    }

    private void replace(Machines cluster, int which) throws Exception {
        grow(cluster);
        shrink(cluster, which);
    }

    /** A machine that dies for good is replaced. */
    private void killed(Machines cluster) throws Exception {
        int dead = machines.get(random.nextInt(machines.size()));
        cluster.kill9(dead);
        kills++;
        int next = started++;
        machines.add(next);
        cluster.add(next, List.copyOf(machines));
        machines.remove((Integer) dead);
        cluster.remove(dead, List.copyOf(machines));
        removals++;
        System.out.println("machine " + next + " took the place of " + dead + ", which was dead: " + machines);
    }

    /** Kills one of the machines at a random moment of what comes, and starts it again. */
    private Thread killer(Machines cluster, List<Integer> among) {
        int victim = among.get(random.nextInt(among.size()));
        int after = random.nextInt(LONG ? 6_000 : 2_000);
        int down = 500 + random.nextInt(2_000);
        Thread thread = new Thread(
                () -> {
                    try {
                        Thread.sleep(after);
                        cluster.kill9(victim);
                        Thread.sleep(down);
                        cluster.start(victim);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "killer");
        kills++;
        thread.start();
        return thread;
    }

    private static void end(Thread killer) throws InterruptedException {
        killer.join();
    }
}
