package io.cairn.jepsen.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.rollout.EveryNode.Taken;
import java.util.List;
import org.junit.jupiter.api.Test;

class EveryNodeTest {
    private static Taken taken(int port, long length, long sentMillis, long acknowledgedMillis) {
        return new Taken(Address.local(port), length, sentMillis * 1_000_000, acknowledgedMillis * 1_000_000);
    }

    @Test
    void oneOwnerAfterTheOtherIsFine() {
        List<Taken> taken = List.of(taken(1, 1, 0, 1), taken(1, 2, 2, 3), taken(2, 3, 40, 50), taken(2, 4, 51, 52));
        assertThat(EveryNode.wentBack(taken)).isNull();
        assertThat(EveryNode.tookTurns(taken)).isNull();
    }

    @Test
    void anOwnerThatComesBackLongAfterIsFine() {
        List<Taken> taken = List.of(taken(1, 1, 0, 1), taken(2, 2, 400, 401), taken(1, 3, 900, 901));
        assertThat(EveryNode.tookTurns(taken)).isNull();
    }

    @Test
    void twoThatTakeWritesInTurnsAreTwoPrimaries() {
        List<Taken> taken = List.of(taken(1, 8, 0, 1), taken(2, 8, 2, 3), taken(1, 9, 4, 5));
        assertThat(EveryNode.tookTurns(taken)).contains("two primaries");
        assertThat(EveryNode.wentBack(taken))
                .contains("took element 8 at 3 ms after")
                .contains("element 8 at 1 ms");
    }

    @Test
    void writesThatWereUnderWayTogetherProveNothing() {
        List<Taken> taken = List.of(taken(1, 2, 0, 10), taken(2, 1, 0, 11), taken(1, 3, 5, 12));
        assertThat(EveryNode.wentBack(taken)).isNull();
        assertThat(EveryNode.tookTurns(taken)).isNull();
    }
}
