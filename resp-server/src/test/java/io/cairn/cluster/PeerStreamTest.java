package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.command.PubSub;
import io.cairn.command.Subscriptions.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PeerStreamTest {
    private final PeerStream stream = new PeerStream(Long.MAX_VALUE);
    private PeerInbox inbox = new PeerInbox();
    private final List<String> got = new ArrayList<>();

    private void take(byte @Nullable [] part) {
        inbox.part(
                Objects.requireNonNull(part),
                (kind, channel, message) ->
                        got.add(kind + " " + new String(channel, StandardCharsets.ISO_8859_1) + " " + message.length));
    }

    private static byte[] message(Kind kind, String channel, int bytes) {
        return PeerInbox.encode(kind, channel.getBytes(StandardCharsets.ISO_8859_1), new byte[bytes]);
    }

    private boolean offer(String channel, int bytes) {
        return stream.offer(message(Kind.CHANNEL, channel, bytes));
    }

    @Test
    void messagesOfAllSizesArriveInOrder() {
        Random random = new Random(3);
        List<String> expected = new ArrayList<>();
        int sent = 0;
        while (sent < 400) {
            boolean large = random.nextInt(10) == 0;
            int bytes = random.nextInt(large ? 1_000_000 : 300);
            Kind kind = random.nextBoolean() ? Kind.CHANNEL : Kind.SHARD;
            String channel = "c".repeat(random.nextInt(20));
            if (random.nextBoolean() && stream.offer(message(kind, channel, bytes))) {
                expected.add(kind + " " + channel + " " + bytes);
                sent++;
            } else {
                byte[] part = stream.next();
                if (part != null) {
                    assertThat(part.length).isLessThanOrEqualTo(PeerStream.MAX_PART_BYTES + PeerStream.PART_HEAD_BYTES);
                    assertThat(stream.next()).as("one part is under way").isNull();
                    take(part);
                    stream.arrived();
                }
            }
        }
        drain();
        assertThat(got).isEqualTo(expected);
        assertThat(inbox.heldBytes()).isZero();
    }

    private void drain() {
        for (byte[] part = stream.next(); part != null; part = stream.next()) {
            take(part);
            stream.arrived();
        }
    }

    @Test
    void theQueueIsBoundedAndTakesALargeMessageAlone() {
        assertThat(offer("a", PubSub.MAX_MESSAGE_BYTES - 1)).isTrue();
        assertThat(offer("b", 1)).isFalse();
        drain();
        assertThat(offer("b", 1)).isTrue();
        drain();
        assertThat(got).containsExactly("CHANNEL a " + (PubSub.MAX_MESSAGE_BYTES - 1), "CHANNEL b 1");
    }

    @Test
    void aLostPartTakesWhatWaitsAndNoMessageIsDoubledOrMixedUp() {
        offer("first", 10);
        offer("large", 600_000);
        offer("behind", 10);
        take(stream.next());
        stream.arrived();
        assertThat(stream.next()).isNotNull();
        assertThat(stream.lost()).isEqualTo(2);
        offer("anew", 600_000);
        byte[] begin = stream.next();
        take(begin);
        stream.arrived();
        byte[] missed = stream.next();
        stream.arrived();
        byte[] late = stream.next();
        assertThat(missed).isNotNull();
        assertThatThrownBy(() -> take(late)).hasMessage("the part before it was lost");
        inbox = new PeerInbox();
        stream.lost();
        offer("last", 1);
        drain();
        assertThat(got).containsExactly("CHANNEL first 10", "CHANNEL last 1");
    }

    @Test
    void whatIsNoMessageIsRefusedBeforeMemoryIsTaken() {
        for (byte[] bad : List.of(
                new byte[5],
                ByteBuffer.allocate(21).putLong(1).putInt(0).put((byte) 2).array(),
                ByteBuffer.allocate(21)
                        .putLong(1)
                        .putInt(0)
                        .put((byte) 0)
                        .putInt(-1)
                        .array(),
                ByteBuffer.allocate(21)
                        .putLong(1)
                        .putInt(0)
                        .put((byte) 0)
                        .putInt(1)
                        .putInt(Integer.MAX_VALUE)
                        .array())) {
            PeerInbox fresh = new PeerInbox();
            assertThatThrownBy(() -> fresh.part(bad, (kind, channel, message) -> got.add("wrong")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        byte[] promise = ByteBuffer.allocate(21)
                .putLong(1)
                .putInt(0)
                .put((byte) 0)
                .putInt(0)
                .putInt(PubSub.MAX_MESSAGE_BYTES)
                .array();
        inbox.part(promise, (kind, channel, message) -> got.add("wrong"));
        assertThat(inbox.heldBytes()).isLessThan(4096);
        assertThat(got).isEmpty();
    }
}
