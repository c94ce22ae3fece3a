package io.cairn.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * {@code manifest} of a backup: lines of words, each shard's file with its length and SHA-256, and a SHA-256 of all these
 * lines at the end. It is written last: a directory without one is no backup.
 *
 * @param point when the cut was fixed, milliseconds of the Unix epoch by the clock of who made the backup
 * @param heldMillis how long writes were held for it
 * @param settings name and value in turn
 */
record BackupManifest(
        String clusterId, long activeVersion, long point, long heldMillis, List<Part> parts, List<String> settings) {
    static final String NAME = "manifest";
    private static final String FIRST_LINE = "cairn-backup 1";
    private static final int MAX_BYTES = 64 << 20;

    /**
     * A shard's data.
     *
     * @param slots it had, as first-last,...
     * @param keys in it
     * @param volatileKeys how many of them have a time to live
     */
    record Part(
            String shardId,
            String slots,
            String file,
            long bytes,
            String sha256,
            long keys,
            long volatileKeys,
            long libraries) {}

    long keys() {
        return parts.stream().mapToLong(Part::keys).sum();
    }

    long volatileKeys() {
        return parts.stream().mapToLong(Part::volatileKeys).sum();
    }

    /** On the disk when this returns. */
    void write(Path directory) throws IOException {
        StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
        text.append("cluster ").append(clusterId).append('\n');
        text.append("active-version ").append(activeVersion).append('\n');
        text.append("point ").append(point).append('\n');
        text.append("held-ms ").append(heldMillis).append('\n');
        for (Part part : parts) {
            text.append(String.join(
                            " ",
                            "shard",
                            part.shardId(),
                            part.slots(),
                            part.file(),
                            Long.toString(part.bytes()),
                            part.sha256(),
                            Long.toString(part.keys()),
                            Long.toString(part.volatileKeys()),
                            Long.toString(part.libraries())))
                    .append('\n');
        }
        for (int i = 0; i < settings.size(); i += 2) {
            text.append("setting ")
                    .append(settings.get(i))
                    .append(' ')
                    .append(settings.get(i + 1))
                    .append('\n');
        }
        String body = text.toString();
        byte[] all = (body + "end " + hex(sha256().digest(utf8(body))) + "\n").getBytes(StandardCharsets.UTF_8);
        Path file = directory.resolve(NAME);
        Files.write(file, all);
        force(file);
        force(directory);
    }

    /** @throws IOException when it is missing, damaged or of a newer version */
    static BackupManifest read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException(file + " is no manifest of a backup");
            }
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new IOException(directory + " holds no whole backup: there is no " + NAME, e);
        }
        int end = text.lastIndexOf("end ");
        if (end < 0
                || !text.substring(end).strip().equals("end " + hex(sha256().digest(utf8(text.substring(0, end)))))) {
            throw new IOException(file + " is damaged: its checksum is wrong");
        }
        List<String> lines = text.substring(0, end).lines().toList();
        if (!lines.get(0).equals(FIRST_LINE)) {
            throw new IOException(file + " has another format than this version knows: " + lines.get(0));
        }
        try {
            return parse(lines);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static BackupManifest parse(List<String> lines) {
        String cluster = "";
        long active = 0;
        long point = 0;
        long held = 0;
        List<Part> parts = new ArrayList<>();
        List<String> settings = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            List<String> words = Arrays.asList(line.split(" ", -1));
            switch (words.get(0)) {
                case "cluster" -> cluster = words.get(1);
                case "active-version" -> active = Long.parseLong(words.get(1));
                case "point" -> point = Long.parseLong(words.get(1));
                case "held-ms" -> held = Long.parseLong(words.get(1));
                case "shard" -> parts.add(part(words));
                case "setting" -> {
                    settings.add(words.get(1));
                    settings.add(String.join(" ", words.subList(2, words.size())));
                }
                default -> throw new IllegalArgumentException("unknown line: " + line);
            }
        }
        return new BackupManifest(cluster, active, point, held, parts, settings);
    }

    private static Part part(List<String> words) {
        String file = words.get(3);
        if (!file.matches("shard-[0-9a-f]{40}\\.rdb")) {
            throw new IllegalArgumentException("no name of a shard's file: " + file);
        }
        return new Part(
                words.get(1),
                words.get(2),
                file,
                Long.parseLong(words.get(4)),
                words.get(5),
                Long.parseLong(words.get(6)),
                Long.parseLong(words.get(7)),
                Long.parseLong(words.get(8)));
    }

    /** The SHA-256 of a file in hex. */
    static String sha256(Path file) throws IOException {
        MessageDigest digest = sha256();
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            byte[] block = new byte[1 << 16];
            int read = in.read(block);
            while (read >= 0) {
                read = in.read(block);
            }
        }
        return hex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
