package io.cairn.gossip.claims;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * {@code nodes.conf}: lines of nodes and epochs in Redis's form (Redis: clusterGenNodesDescription, clusterSaveConfig), lines of our own
 * behind them, and a checksum. It is wholly the new one or wholly the old one after a crash.
 *
 * <pre>
 * id host:port@bus,hostname flags primary 0 0 configEpoch connected slots [slot->-id] [slot-&lt;-id]
 * vars currentEpoch n lastVoteEpoch n
 * claim id version voted|set decidedEpoch
 * vote candidate                          who got the last vote
 * grant candidate epoch kind slots|- source=epoch ...
 * ban id stamp banned|welcome
 * promise cluster attempt primary configEpoch slots
 * end 1 crc32c
 * </pre>
 */
public final class NodesFile {
    /** The file's name. */
    public static final String NAME = "nodes.conf";

    private static final int MAX_BYTES = 64 << 20;
    private static final int ADDRESS = 1;
    private static final int FLAGS = 2;
    private static final int PRIMARY = 3;
    private static final int EPOCH = 6;
    private static final int SLOTS = 8;

    private NodesFile() {}

    /** Replaces the file; it is on the disk when this returns. Blocks. */
    public static void write(Path directory, Saved saved) throws IOException {
        Path file = directory.resolve(NAME);
        Path fresh = directory.resolve(NAME + ".new");
        ByteBuffer bytes = ByteBuffer.wrap(text(saved).getBytes(StandardCharsets.UTF_8));
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Where the file goes once it counts no more. */
    static final String ASIDE = NAME + ".before-raft";

    /** Whether the node has left gossip mode and not come back. */
    public static boolean isPutAside(Path directory) {
        return Files.exists(directory.resolve(ASIDE)) && !Files.exists(directory.resolve(NAME));
    }

    /** The cluster has left gossip mode for good: the file counts no more, but is kept for whoever wants to look. Blocks. */
    public static void putAside(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (Files.exists(file)) {
            Files.move(
                    file,
                    directory.resolve(ASIDE),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /**
     * What {@link #write} wrote, or null when there is no file. Blocks.
     *
     * @throws IOException when it is damaged: a vote may have been given that it does not show
     */
    public static @Nullable Saved read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return null;
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " is damaged: it is too large");
        }
        try {
            return parse(Files.readString(file, StandardCharsets.UTF_8));
        } catch (RuntimeException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }

    static String text(Saved saved) {
        StringBuilder text = new StringBuilder();
        node(text, saved.self(), saved);
        saved.others().forEach(claim -> node(text, claim, null));
        text.append("vars currentEpoch ").append(saved.currentEpoch());
        text.append(" lastVoteEpoch ").append(saved.lastVoteEpoch()).append('\n');
        List<Claim> claims = new ArrayList<>(saved.others());
        claims.add(saved.self());
        for (Claim claim : claims) {
            text.append("claim ").append(claim.id()).append(' ').append(claim.version());
            text.append(claim.voted() ? " voted " : " set ").append(claim.decidedEpoch());
            text.append(claim.empty() ? " empty\n" : "\n");
        }
        if (!saved.lastVotedFor().isEmpty()) {
            text.append("vote ").append(saved.lastVotedFor()).append('\n');
        }
        for (Grant grant : saved.grants()) {
            Ballot ballot = grant.ballot();
            text.append("grant ").append(grant.candidate()).append(' ').append(ballot.epoch());
            text.append(' ').append(ballot.kind()).append(' ');
            text.append(
                    ballot.slots().isEmpty() ? "-" : ballot.slots().toString().replace(' ', ','));
            new TreeMap<>(ballot.sources())
                    .forEach((id, epoch) ->
                            text.append(' ').append(id).append('=').append(epoch));
            text.append('\n');
        }
        for (Ban ban : saved.bans()) {
            text.append("ban ").append(ban.id()).append(' ').append(ban.stamp());
            text.append(ban.banned() ? " banned\n" : " welcome\n");
        }
        for (Promise promise : saved.promises()) {
            text.append("promise ").append(promise.cluster()).append(' ').append(promise.attempt());
            text.append(' ').append(promise.primaryId()).append(' ').append(promise.configEpoch());
            text.append(' ')
                    .append(promise.slots().toString().replace(' ', ','))
                    .append('\n');
        }
        String crc = crc(text.toString());
        return text.append("end 1 ").append(crc).append('\n').toString();
    }

    private static void node(StringBuilder text, Claim claim, @Nullable Saved self) {
        Place place = claim.place();
        text.append(claim.id()).append(' ').append(place.host()).append(':').append(place.port());
        text.append('@').append(place.busPort());
        text.append(place.hostname().isEmpty() ? "" : "," + place.hostname());
        text.append(self == null ? " " : " myself,").append(claim.isPrimary() ? "master" : "slave");
        text.append(claim.noFailover() ? ",nofailover " : " ");
        text.append(claim.isPrimary() ? "-" : claim.primaryId()).append(" 0 0 ");
        text.append(claim.configEpoch()).append(" connected");
        text.append(claim.slots().isEmpty() ? "" : " ").append(claim.slots());
        if (self != null) {
            self.migrating().forEach((slot, to) -> text.append(" [" + slot + "->-" + to + "]"));
            self.importing().forEach((slot, from) -> text.append(" [" + slot + "-<-" + from + "]"));
        }
        text.append('\n');
    }

    private static String crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue());
    }

    /** What one reading gathers. */
    private static final class Parts {
        final List<String[]> nodes = new ArrayList<>();
        final Map<String, String[]> claims = new HashMap<>();
        final List<Grant> grants = new ArrayList<>();
        final List<Ban> bans = new ArrayList<>();
        final List<Promise> promises = new ArrayList<>();
        final Map<Integer, String> migrating = new TreeMap<>();
        final Map<Integer, String> importing = new TreeMap<>();
        long currentEpoch;
        long lastVoteEpoch;
        String votedFor = "";
    }

    static Saved parse(String text) {
        int end = text.lastIndexOf("end ");
        String[] last = end < 0 ? new String[0] : text.substring(end).trim().split(" ");
        if (last.length != 3 || !last[1].equals("1") || !last[2].equals(crc(text.substring(0, end)))) {
            throw new IllegalArgumentException("its checksum is wrong");
        }
        Parts parts = new Parts();
        text.substring(0, end).lines().forEach(line -> line(parts, line.split(" ")));
        Claim self = null;
        List<Claim> others = new ArrayList<>();
        for (String[] fields : parts.nodes) {
            Claim claim = claim(parts, fields);
            if (fields[FLAGS].startsWith("myself")) {
                self = claim;
            } else {
                others.add(claim);
            }
        }
        if (self == null) {
            throw new IllegalArgumentException("it does not say which node it is of");
        }
        return new Saved(
                self,
                others,
                parts.currentEpoch,
                parts.lastVoteEpoch,
                parts.votedFor,
                parts.grants,
                parts.bans,
                parts.migrating,
                parts.importing,
                parts.promises);
    }

    private static void line(Parts parts, String[] fields) {
        switch (fields[0]) {
            case "vars" -> {
                parts.currentEpoch = Long.parseLong(fields[2]);
                parts.lastVoteEpoch = Long.parseLong(fields[4]);
            }
            case "claim" -> parts.claims.put(fields[1], fields);
            case "vote" -> parts.votedFor = fields[1];
            case "ban" -> parts.bans.add(new Ban(fields[1], Long.parseLong(fields[2]), fields[3].equals("banned")));
            case "grant" -> parts.grants.add(grant(fields));
            case "promise" ->
                parts.promises.add(new Promise(
                        fields[1], Long.parseLong(fields[2]), fields[3], slots(fields[5]), Long.parseLong(fields[4])));
            default -> parts.nodes.add(fields);
        }
    }

    private static Grant grant(String[] fields) {
        Map<String, Long> sources = new HashMap<>();
        for (int i = 5; i < fields.length; i++) {
            String[] source = fields[i].split("=");
            sources.put(source[0], Long.parseLong(source[1]));
        }
        return new Grant(
                fields[1],
                new Ballot(Long.parseLong(fields[2]), Ballot.Kind.valueOf(fields[3]), slots(fields[4]), sources));
    }

    private static SlotSet slots(String runs) {
        BitSet slots = new BitSet();
        if (!runs.equals("-")) {
            for (String run : runs.split(",")) {
                add(slots, run);
            }
        }
        return SlotSet.of(slots);
    }

    private static void add(BitSet slots, String run) {
        int dash = run.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? run : run.substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(run.substring(dash + 1));
        if (last >= SlotSet.SLOTS || first > last) {
            throw new IllegalArgumentException("no slots: " + run);
        }
        slots.set(first, last + 1);
    }

    private static Claim claim(Parts parts, String[] fields) {
        String[] more = parts.claims.get(fields[0]);
        if (more == null) {
            throw new IllegalArgumentException("no claim of " + fields[0]);
        }
        String address = fields[ADDRESS];
        int at = address.indexOf('@');
        int colon = address.lastIndexOf(':', at);
        int comma = address.indexOf(',', at);
        Place place = new Place(
                address.substring(0, colon),
                Integer.parseInt(address.substring(colon + 1, at)),
                Integer.parseInt(address.substring(at + 1, comma < 0 ? address.length() : comma)),
                comma < 0 ? "" : address.substring(comma + 1));
        BitSet slots = new BitSet();
        for (int i = SLOTS; i < fields.length; i++) {
            if (fields[i].startsWith("[")) {
                open(parts, fields[i]);
            } else {
                add(slots, fields[i]);
            }
        }
        return new Claim(
                fields[0],
                Long.parseLong(more[2]),
                place,
                fields[PRIMARY].equals("-") ? "" : fields[PRIMARY],
                Long.parseLong(fields[EPOCH]),
                more[3].equals("voted"),
                Long.parseLong(more[4]),
                fields[FLAGS].contains("nofailover"),
                more.length > 5,
                SlotSet.of(slots));
    }

    private static void open(Parts parts, String field) {
        boolean out = field.contains("->-");
        String[] halves = field.substring(1, field.length() - 1).split(out ? "->-" : "-<-");
        (out ? parts.migrating : parts.importing).put(Integer.parseInt(halves[0]), halves[1]);
    }
}
