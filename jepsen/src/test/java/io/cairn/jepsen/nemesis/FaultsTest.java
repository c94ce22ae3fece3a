package io.cairn.jepsen.nemesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final int DRAWS = 400;
    private static final Set<String> DISKS =
            Set.of("wipe", "wipe-beside-laggard", "log-cut", "orphaned-suffix", "truncated-suffix");

    private final Network network = new Network(3, 1);
    /** Nobody listens, so that leaders are drawn. */
    private final TestCluster cluster = new Nobody(network);

    @AfterEach
    void close() {
        network.close();
    }

    @Test
    void everyNameMakesAFaultOfThatKind() {
        for (String name : Faults.names()) {
            if (name.equals(Faults.MIX) || name.equals("transfer")) {
                continue;
            }
            Fault fault = Faults.make(name, cluster, new SplittableRandom(5));
            assertThat(fault.kind()).isEqualTo(name);
            assertThat(fault.victims()).isNotEmpty().doesNotHaveDuplicates().allMatch(p -> p >= 0 && p < 3);
        }
        assertThatThrownBy(() -> Faults.make("flood", cluster, new SplittableRandom(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kill-one");
    }

    @Test
    void theSameSeedDrawsTheSame() {
        assertThat(draws(9)).isEqualTo(draws(9)).isNotEqualTo(draws(10));
    }

    @Test
    void mixLosesNoDiskWhileAnotherFaultTakesAQuorumAway() {
        Set<String> seen = new HashSet<>(draws(1));
        seen.addAll(draws(2));
        assertThat(seen).anyMatch(kind -> kind.contains(" + "));
        for (String kind : seen) {
            String[] two = kind.split(" \\+ ");
            if (two.length == 2 && DISKS.contains(two[1])) {
                assertThat(two[0]).isIn("delay", "loss", "slow", "reset", "reset-clients", "half-open");
            }
            assertThat(DISKS.contains(two[0]) && two.length == 2).isFalse();
        }
    }

    private List<String> draws(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return java.util.stream.IntStream.range(0, DRAWS)
                .mapToObj(i -> draw(random))
                .toList();
    }

    private String draw(SplittableRandom random) {
        try {
            return Faults.make(Faults.MIX, cluster, random).kind();
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("replica");
            return "transfer";
        }
    }

    /** Three processes that were never started. */
    private record Nobody(Network network) implements TestCluster {
        @Override
        public int processes() {
            return 3;
        }

        @Override
        public List<Address> nodes(int process) {
            return List.of(Address.local(1 + process));
        }

        @Override
        public List<ServerProcess> servers(int process) {
            return List.of();
        }

        @Override
        public List<Path> homes(int process) {
            return List.of();
        }

        @Override
        public void start(int process) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void kill9(List<Integer> processes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void pause(int process) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void resume(int process) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void wipe(int process) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // Nothing was opened.
        }
    }
}
