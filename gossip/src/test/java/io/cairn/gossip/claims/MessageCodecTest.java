package io.cairn.gossip.claims;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageCodecTest {
    private static final String A = "a".repeat(40);
    private static final String B = "0123456789".repeat(4);
    private static final Claim CLAIM =
            new Claim(A, 9, new Place("::1", 7001, 17_001, "h"), B, 5, true, 6, true, false, SlotSet.range(3, 16_383));

    private static final List<Message> ALL = List.of(
            new Message.Ping(1, 2, true, -3, true, 4),
            new Message.Digest(Map.of(A, 1L), Map.of(B, 2L), true),
            new Message.News(List.of(CLAIM), List.of(new Ban(B, 3, true))),
            new Message.Meet(CLAIM, "127.0.0.1:1", false, true),
            new Message.Report(A, true),
            new Message.Failed(A),
            new Message.AskVote(new Ballot(4, Ballot.Kind.MANUAL, SlotSet.one(9), Map.of(A, 3L))),
            new Message.Vote(5),
            new Message.Refusal(6, SlotSet.one(0), true),
            new Message.StopWrites(),
            new Message.Stopped(7));

    @Test
    void whatIsSentIsRead() throws IOException {
        for (Message message : ALL) {
            MessageCodec.Envelope envelope = new MessageCodec.Envelope(B, 8, message);
            assertThat(MessageCodec.decode(MessageCodec.encode(envelope))).isEqualTo(envelope);
        }
    }

    @Test
    void bytesThatAreNoMessageAreRefusedAndNothingElseHappens() {
        Random random = new Random(1);
        for (Message message : ALL) {
            byte[] bytes = MessageCodec.encode(new MessageCodec.Envelope(B, 8, message));
            assertThatThrownBy(() -> MessageCodec.decode(Arrays.copyOf(bytes, bytes.length - 1)))
                    .isInstanceOf(IOException.class);
            for (int i = 0; i < 2_000; i++) {
                byte[] broken = bytes.clone();
                broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
                try {
                    MessageCodec.decode(broken);
                } catch (IOException | IllegalArgumentException e) {
                    assertThat(e).isNotNull();
                }
            }
        }
    }
}
