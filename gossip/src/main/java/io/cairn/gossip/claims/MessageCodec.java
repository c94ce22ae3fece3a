package io.cairn.gossip.claims;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages as bytes: version, kind, sender, the sender's current epoch, fields. Every count is bounded by the bytes that are there.
 */
final class MessageCodec {
    static final int VERSION = 1;
    /** Claims in one message; each is below 3 KB. */
    static final int MAX_CLAIMS = 16;
    /** Bytes of a message: nodes of a digest at most. */
    static final int MAX_BYTES = 120 * 1024;

    static final int MAX_NODES = 1_024;
    private static final int ID_BYTES = 20;
    private static final int MAX_TEXT = 255;
    private static final int MAX_SLOT_BYTES = SlotSet.SLOTS / 8;

    private MessageCodec() {}

    record Envelope(String from, long currentEpoch, Message message) {}

    static byte[] encode(Envelope envelope) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeByte(kind(envelope.message()));
            id(out, envelope.from());
            out.writeLong(envelope.currentEpoch());
            body(out, envelope.message());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static int kind(Message message) {
        if (message instanceof Message.Ping) {
            return 1;
        } else if (message instanceof Message.Digest) {
            return 2;
        } else if (message instanceof Message.News) {
            return 3;
        } else if (message instanceof Message.Meet) {
            return 4;
        } else if (message instanceof Message.Report) {
            return 5;
        } else if (message instanceof Message.Failed) {
            return 6;
        } else if (message instanceof Message.AskVote) {
            return 7;
        } else if (message instanceof Message.Vote) {
            return 8;
        } else if (message instanceof Message.Refusal) {
            return 9;
        }
        return message instanceof Message.StopWrites ? 10 : 11;
    }

    private static void body(DataOutputStream out, Message message) throws IOException {
        if (message instanceof Message.Ping ping) {
            out.writeLong(ping.sentMillis());
            out.writeLong(ping.offset());
            out.writeBoolean(ping.data());
            out.writeLong(ping.picture());
            out.writeBoolean(ping.answer());
            out.writeLong(ping.leaseMillis());
        } else if (message instanceof Message.Digest digest) {
            numbers(out, digest.versions());
            numbers(out, digest.stamps());
            out.writeBoolean(digest.answer());
        } else if (message instanceof Message.News news) {
            out.writeShort(news.claims().size());
            for (Claim claim : news.claims()) {
                claim(out, claim);
            }
            out.writeShort(news.bans().size());
            for (Ban ban : news.bans()) {
                id(out, ban.id());
                out.writeLong(ban.stamp());
                out.writeBoolean(ban.banned());
            }
        } else if (message instanceof Message.Meet meet) {
            claim(out, meet.self());
            text(out, meet.at());
            out.writeBoolean(meet.answer());
            out.writeBoolean(meet.lifts());
        } else if (message instanceof Message.Report report) {
            id(out, report.nodeId());
            out.writeBoolean(report.failing());
        } else if (message instanceof Message.Failed failed) {
            id(out, failed.nodeId());
        } else if (message instanceof Message.AskVote ask) {
            ballot(out, ask.ballot());
        } else if (message instanceof Message.Vote vote) {
            out.writeLong(vote.epoch());
        } else if (message instanceof Message.Refusal refusal) {
            out.writeLong(refusal.epoch());
            slots(out, refusal.contested());
            out.writeBoolean(refusal.keys());
        } else if (message instanceof Message.Stopped stopped) {
            out.writeLong(stopped.offset());
        }
    }

    static Envelope decode(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        if (bytes.length > MAX_BYTES || in.readUnsignedByte() != VERSION) {
            throw new WireFormatException("a message of another version");
        }
        int kind = in.readUnsignedByte();
        String from = id(in);
        long epoch = natural(in);
        return new Envelope(from, epoch, message(in, kind));
    }

    private static Message message(DataInputStream in, int kind) throws IOException {
        return switch (kind) {
            case 1 ->
                new Message.Ping(
                        in.readLong(), in.readLong(), in.readBoolean(), in.readLong(), in.readBoolean(), natural(in));
            case 2 -> new Message.Digest(numbers(in), numbers(in), in.readBoolean());
            case 3 -> news(in);
            case 4 -> new Message.Meet(claim(in), text(in), in.readBoolean(), in.readBoolean());
            case 5 -> new Message.Report(id(in), in.readBoolean());
            case 6 -> new Message.Failed(id(in));
            case 7 -> new Message.AskVote(ballot(in));
            case 8 -> new Message.Vote(natural(in));
            case 9 -> new Message.Refusal(natural(in), slots(in), in.readBoolean());
            case 10 -> new Message.StopWrites();
            case 11 -> new Message.Stopped(natural(in));
            default -> throw new WireFormatException("no message of kind " + kind);
        };
    }

    private static Message news(DataInputStream in) throws IOException {
        List<Claim> claims = new ArrayList<>();
        for (int i = count(in, MAX_CLAIMS); i > 0; i--) {
            claims.add(claim(in));
        }
        List<Ban> bans = new ArrayList<>();
        for (int i = count(in, MAX_NODES); i > 0; i--) {
            bans.add(new Ban(id(in), natural(in), in.readBoolean()));
        }
        return new Message.News(claims, bans);
    }

    private static void claim(DataOutputStream out, Claim claim) throws IOException {
        id(out, claim.id());
        out.writeLong(claim.version());
        text(out, claim.place().host());
        out.writeShort(claim.place().port());
        out.writeShort(claim.place().busPort());
        text(out, claim.place().hostname());
        out.writeBoolean(!claim.isPrimary());
        if (!claim.isPrimary()) {
            id(out, claim.primaryId());
        }
        out.writeLong(claim.configEpoch());
        out.writeBoolean(claim.voted());
        out.writeLong(claim.decidedEpoch());
        out.writeBoolean(claim.noFailover());
        out.writeBoolean(claim.empty());
        slots(out, claim.slots());
    }

    private static Claim claim(DataInputStream in) throws IOException {
        return new Claim(
                id(in),
                natural(in),
                new Place(text(in), in.readUnsignedShort(), in.readUnsignedShort(), text(in)),
                in.readBoolean() ? id(in) : "",
                natural(in),
                in.readBoolean(),
                natural(in),
                in.readBoolean(),
                in.readBoolean(),
                slots(in));
    }

    private static void ballot(DataOutputStream out, Ballot ballot) throws IOException {
        out.writeLong(ballot.epoch());
        out.writeByte(ballot.kind().code);
        slots(out, ballot.slots());
        numbers(out, ballot.sources());
    }

    private static Ballot ballot(DataInputStream in) throws IOException {
        long epoch = natural(in);
        int kind = in.readUnsignedByte();
        for (Ballot.Kind each : Ballot.Kind.values()) {
            if (each.code == kind) {
                return new Ballot(epoch, each, slots(in), numbers(in));
            }
        }
        throw new WireFormatException("no ballot of kind " + kind);
    }

    private static void numbers(DataOutputStream out, Map<String, Long> numbers) throws IOException {
        out.writeShort(numbers.size());
        for (Map.Entry<String, Long> number : numbers.entrySet()) {
            id(out, number.getKey());
            out.writeLong(number.getValue());
        }
    }

    private static Map<String, Long> numbers(DataInputStream in) throws IOException {
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (int i = count(in, MAX_NODES); i > 0; i--) {
            numbers.put(id(in), natural(in));
        }
        return numbers;
    }

    private static int count(DataInputStream in, int max) throws IOException {
        int count = in.readUnsignedShort();
        if (count > max) {
            throw new WireFormatException(count + " of something");
        }
        return count;
    }

    private static long natural(DataInputStream in) throws IOException {
        long number = in.readLong();
        // Half the range, so that no peer can bring a counter to its end.
        if (number < 0 || number > Long.MAX_VALUE / 2) {
            throw new WireFormatException("no number: " + number);
        }
        return number;
    }

    private static void slots(DataOutputStream out, SlotSet slots) throws IOException {
        byte[] bytes = slots.toBytes();
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    private static SlotSet slots(DataInputStream in) throws IOException {
        byte[] bytes = new byte[count(in, MAX_SLOT_BYTES)];
        in.readFully(bytes);
        return SlotSet.ofBytes(bytes);
    }

    private static void id(DataOutputStream out, String id) throws IOException {
        out.write(HexFormat.of().parseHex(id));
    }

    private static String id(DataInputStream in) throws IOException {
        byte[] bytes = new byte[ID_BYTES];
        in.readFully(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT) {
            throw new IllegalArgumentException("longer than " + MAX_TEXT + " bytes: " + text);
        }
        out.writeByte(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readUnsignedByte()];
        in.readFully(bytes);
        for (byte b : bytes) {
            // It goes into CLUSTER NODES and nodes.conf, whose fields end at blanks and commas.
            if (b <= ' ' || b == ',' || b == '@') {
                throw new WireFormatException("a name with a blank in it");
            }
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
