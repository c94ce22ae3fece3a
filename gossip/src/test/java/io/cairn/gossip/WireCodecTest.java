package io.cairn.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scalecube.cluster.Member;
import io.scalecube.cluster.membership.MemberStatus;
import io.scalecube.cluster.transport.api.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WireCodecTest {
    private final List<String> tapped = new ArrayList<>();
    private final WireCodec codec = new WireCodec((id, status, incarnation) -> tapped.add(id + status + incarnation));
    private final Member a = new Member("a-1", null, "127.0.0.1:17001", "cairn");
    private final Member b = new Member("b-2", null, "[::1]:17002", "cairn");

    /** ScaleCube's own constructor, which is public in a class that is not. */
    private static Object make(String name, Object... arguments) throws Exception {
        for (Constructor<?> constructor :
                Class.forName("io.scalecube.cluster." + name).getDeclaredConstructors()) {
            Class<?>[] types = constructor.getParameterTypes();
            boolean fits = types.length == arguments.length;
            for (int i = 0; fits && i < types.length; i++) {
                fits = types[i].isPrimitive() || types[i].isInstance(arguments[i]);
            }
            if (fits) {
                constructor.setAccessible(true);
                return constructor.newInstance(arguments);
            }
        }
        throw new IllegalArgumentException(name);
    }

    private Message message(String qualifier, Object data) {
        return Message.withData(data)
                .qualifier(qualifier)
                .correlationId("c-1")
                .sender(a.address())
                .build();
    }

    private List<Message> all() throws Exception {
        Object alive = make("membership.MembershipRecord", a, MemberStatus.ALIVE, 3);
        Object suspect = make("membership.MembershipRecord", b, MemberStatus.SUSPECT, 4);
        Object sync = make("membership.SyncData", List.of(alive, suspect));
        Message rumour =
                Message.withData(suspect).qualifier("sc/membership/gossip").build();
        Object gossip = make("gossip.Gossip", "a-1", rumour, 77L);
        Object ping = make("fdetector.PingData", a, b);
        Object ack = make("fdetector.PingData", a, b, a);
        for (Object type :
                Class.forName("io.scalecube.cluster.fdetector.PingData$AckType").getEnumConstants()) {
            var method = ack.getClass().getMethod("withAckType", type.getClass());
            method.setAccessible(true);
            ack = method.invoke(ack, type);
        }
        return List.of(
                message("sc/membership/sync", sync),
                message("sc/membership/syncAck", sync),
                message("sc/fdetector/ping", ping),
                message("sc/fdetector/pingReq", ping),
                message("sc/fdetector/pingAck", ack),
                message("sc/gossip/req", make("gossip.GossipRequest", gossip, "a-1")),
                message("sc/metadata/req", make("metadata.GetMetadataRequest", a)),
                message("sc/metadata/resp", make("metadata.GetMetadataResponse", a, ByteBuffer.wrap(new byte[] {1, 2, 3
                }))),
                message("cairn/state", new byte[] {4, 5}));
    }

    @Test
    void everyMessageOfScaleCubeComesBackAsItWas() throws Exception {
        for (Message message : all()) {
            byte[] bytes = codec.encode(message);
            Message back = codec.decode(bytes);
            assertThat(back.headers()).isEqualTo(message.headers());
            assertThat(codec.encode(back)).as(message.qualifier()).isEqualTo(bytes);
            Object data = back.data();
            if (!(data instanceof byte[])) {
                assertThat(data.toString()).isEqualTo(message.data().toString());
            }
        }
    }

    @Test
    void suspicionIsSeenOnTheWayOutAndIn() throws Exception {
        byte[] bytes = codec.encode(all().get(5));
        assertThat(tapped).containsExactly("b-2SUSPECT4");
        codec.decode(bytes);
        assertThat(tapped).containsExactly("b-2SUSPECT4", "b-2SUSPECT4");
    }

    @Test
    void onlyMembersThemselvesGossipThatTheyAreAlive() throws Exception {
        for (MemberStatus status : MemberStatus.values()) {
            Object record = make("membership.MembershipRecord", a, status, 3);
            Message rumour =
                    Message.withData(record).qualifier("sc/membership/gossip").build();
            for (String gossiper : List.of("a-1", "b-2")) {
                Object gossip = make("gossip.Gossip", gossiper, rumour, 77L);
                Message message = message("sc/gossip/req", make("gossip.GossipRequest", gossip, "b-2"));
                boolean secondHand = status == MemberStatus.ALIVE && gossiper.equals("b-2");
                assertThat(codec.encodeFirstHand(message) == null).isEqualTo(secondHand);
            }
        }
    }

    @Test
    void nothingElseTravels() {
        assertThatThrownBy(() -> codec.encode(message("cairn/state", new ArrayList<>())))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("does not travel");
        assertThatThrownBy(() -> codec.encode(message("cairn/state", new byte[WireCodec.MAX_MESSAGE_BYTES])))
                .isInstanceOf(WireException.class);
    }

    @Test
    void javaSerializationIsRefused() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(all().get(2));
        } catch (NotSerializableException e) {
            throw new AssertionError(e);
        }
        assertThatThrownBy(() -> codec.decode(bytes.toByteArray())).isInstanceOf(IOException.class);
    }

    @Test
    void aMessageWithTheWrongContentIsRefused() throws Exception {
        Object ping = make("fdetector.PingData", a, b);
        Object stranger = make("fdetector.PingData", a, new Member("x", null, "h:1", "other"));
        Object nowhere = make("fdetector.PingData", a, new Member("x", null, "nowhere", "cairn"));
        Object eternal = make(
                "membership.SyncData",
                List.of(make("membership.MembershipRecord", a, MemberStatus.SUSPECT, Integer.MAX_VALUE)));
        Message noSender = Message.withData(ping)
                .qualifier("sc/fdetector/ping")
                .correlationId("c")
                .build();
        Message noCorrelation = Message.withData(ping)
                .qualifier("sc/fdetector/ping")
                .sender("h:1")
                .build();
        Object gossipOfPing = make("gossip.Gossip", "a", message("sc/fdetector/ping", ping), 1L);
        Object nullInside = make("fdetector.PingData");
        for (Message wrong : List.of(
                message("sc/membership/sync", ping),
                message("sc/unknown", ping),
                message("sc/fdetector/ping", stranger),
                message("sc/fdetector/ping", nowhere),
                message("sc/fdetector/ping", nullInside),
                message("sc/membership/sync", eternal),
                message("sc/gossip/req", make("gossip.GossipRequest", gossipOfPing, "a")),
                noSender,
                noCorrelation)) {
            byte[] bytes = codec.encode(wrong);
            assertThatThrownBy(() -> codec.decode(bytes)).as(wrong.toString()).isInstanceOf(WireException.class);
        }
    }

    /** Every outcome but an IOException or a message that passes the rules is a bug. */
    @Test
    void damagedMessagesEndInAnException() throws Exception {
        Random random = new Random(42);
        List<byte[]> seeds = new ArrayList<>();
        for (Message message : all()) {
            seeds.add(codec.encode(message));
        }
        int refused = 0;
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
            switch (random.nextInt(4)) {
                case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 8));
                case 1 -> random.nextBytes(bytes);
                default -> {
                    for (int n = 1 + random.nextInt(4); n > 0; n--) {
                        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                    }
                }
            }
            if (random.nextBoolean() && bytes.length > 0) {
                bytes[0] = WireCodec.VERSION;
            }
            try {
                Message message = codec.decode(bytes);
                MessageRules.checkOuter(message);
            } catch (IOException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(50_000);
    }
}
