package io.cairn.jepsen.nemesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.net.Rule;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.ScriptedServer;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final int DRAWS = 400;
    private static final Set<String> DISKS = Set.of(
            "wipe", "wipe-beside-laggard", "log-cut", "log-lost-beside-laggard", "orphaned-suffix", "truncated-suffix");

    private final Network network = new Network(3, 1);
    private ScriptedServer leader;
    private TestCluster cluster;

    /** The last process tells that it leads the only shard, which has no replica. */
    @BeforeEach
    void open() throws IOException {
        leader = new ScriptedServer(command -> slots());
        cluster = new FakeCluster(network, List.of(Address.local(1), Address.local(2), leader.address()));
    }

    private String slots() {
        return "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:"
                + leader.address().port();
    }

    @AfterEach
    void close() throws IOException {
        network.close();
        leader.close();
    }

    @Test
    void everyNameMakesAFaultOfThatKind() {
        for (String name : Faults.names()) {
            if (name.equals(Faults.MIX) || name.equals("transfer")) {
                continue;
            }
            Fault fault = Faults.make(name, cluster, new SplittableRandom(5));
            assertThat(fault.kind()).isEqualTo(name);
            if (name.endsWith("-leader")) {
                assertThat(fault.victims()).containsExactly(2);
            }
            assertThat(fault.victims()).isNotEmpty().doesNotHaveDuplicates().allMatch(p -> p >= 0 && p < 3);
        }
        assertThatThrownBy(() -> Faults.make("flood", cluster, new SplittableRandom(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kill-one");
    }

    @Test
    void whoeverIsToStrikeALeaderNeedsOne() {
        TestCluster nobody = new FakeCluster(network, List.of(Address.local(1), Address.local(2), Address.local(3)));
        for (String name : List.of("kill-leader", "pause-leader", "isolate-leader", "transfer")) {
            assertThatThrownBy(() -> Faults.make(name, nobody, new SplittableRandom(5)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("nobody tells");
        }
    }

    @Test
    void aTimeThatAFaultNamesIsNotDrawn() {
        Fault brief = Faults.make("pause-short", cluster, new SplittableRandom(5));
        Fault kill = Faults.make("kill-one", cluster, new SplittableRandom(5));
        assertThat(brief.holdMillis(4_000)).isEqualTo(300);
        assertThat(kill.holdMillis(4_000)).isEqualTo(4_000);
        assertThat(new Both(brief, kill, false).holdMillis(4_000)).isEqualTo(4_000);
    }

    @Test
    void slowLinksThatNobodyCanAskThroughAreNotConfirmed() {
        Slowed slowed = new Slowed("slow", List.of(0), Set.of(), Rule.PASS, Slowed.Sign.EACH_LATE, 1, 1);
        slowed.strike(cluster);
        assertThatThrownBy(() -> slowed.confirm(cluster))
                .isInstanceOf(UnconfirmedException.class)
                .hasMessageContaining("nobody is left to ask");
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
                assertThat(two[0]).isIn("delay", "loss", "slow", "half-open");
            }
            assertThat(DISKS.contains(two[0]) && two.length == 2).isFalse();
            assertThat(two.length == 2 && two[0].startsWith("reset"))
                    .as("%s: the first is over when the second strikes", kind)
                    .isFalse();
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
}
