package io.cairn.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FactsCodecTest {
    private static final NodeInfo INFO =
            new NodeInfo("a1", 5, "127.0.0.1", 65_535, 17_001, 0, "rack-é", "", "host", "0.1");
    private static final SoftState STATE = new SoftState(9, 1, 1L << 40, 3, 4, true, "s", "t", 6, 7);

    @Test
    void factsComeBackAsTheyWere() throws Exception {
        assertThat(FactsCodec.info(FactsCodec.info(INFO))).isEqualTo(INFO);
        Map<String, SoftState> states = new LinkedHashMap<>();
        for (int i = 0; i < 30; i++) {
            states.put("n" + i, STATE.withSequence(i));
        }
        assertThat(FactsCodec.states(FactsCodec.states(states))).isEqualTo(states);
    }

    @Test
    void fieldsOfALaterVersionArePassedOver() throws Exception {
        byte[] longer = Arrays.copyOf(FactsCodec.info(INFO), 200);
        longer[0] = 2;
        assertThat(FactsCodec.info(longer)).isEqualTo(INFO);
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> FactsCodec.info(INFO.withClusterId("x".repeat(300))))
                .isInstanceOf(IllegalArgumentException.class);
        Random random = new Random(1);
        int refused = 0;
        byte[] good = FactsCodec.states(Map.of("n", STATE));
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 1));
            if (bytes.length > 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                FactsCodec.states(bytes);
                FactsCodec.info(bytes);
            } catch (IOException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
