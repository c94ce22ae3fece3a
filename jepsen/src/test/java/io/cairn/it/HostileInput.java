package io.cairn.it;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;

/** Random bytes, and commands with something wrong in them. */
final class HostileInput {
    private static final List<String> COMMANDS = List.of(
            "*1\r\n$4\r\nPING\r\n",
            "*3\r\n$3\r\nSET\r\n$6\r\nfuzz:a\r\n$5\r\nhello\r\n",
            "*2\r\n$3\r\nGET\r\n$6\r\nfuzz:a\r\n",
            "*2\r\n$4\r\nINCR\r\n$6\r\nfuzz:n\r\n",
            "*5\r\n$3\r\nSET\r\n$6\r\nfuzz:b\r\n$1\r\nx\r\n$2\r\nPX\r\n$4\r\n1000\r\n",
            "*3\r\n$6\r\nAPPEND\r\n$6\r\nfuzz:a\r\n$3\r\nabc\r\n",
            "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$6\r\nfuzz:n\r\n*1\r\n$4\r\nEXEC\r\n",
            "*4\r\n$8\r\nSETRANGE\r\n$6\r\nfuzz:a\r\n$1\r\n3\r\n$2\r\nzz\r\n",
            "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n",
            "SET fuzz:c \"quoted \\x00 value\"\r\n",
            "*2\r\n$4\r\nSCAN\r\n$1\r\n0\r\n",
            "*3\r\n$6\r\nOBJECT\r\n$8\r\nENCODING\r\n$6\r\nfuzz:a\r\n");
    private static final List<String> NUMBERS = List.of(
            "-1",
            "0",
            "-2147483648",
            "2147483647",
            "2147483648",
            "9223372036854775807",
            "99999999999999999999",
            "",
            "1e3",
            "+1",
            " 1",
            "0x10",
            "1048577",
            "536870913",
            "-0");

    private final SplittableRandom random;

    HostileInput(long seed) {
        random = new SplittableRandom(seed);
    }

    /** The next input: a few hundred bytes, seldom a few thousand. */
    byte[] next() {
        byte[] stream = commands();
        return switch (random.nextInt(7)) {
            case 0 -> noise();
            case 1 -> flipped(stream);
            case 2 -> cut(stream);
            case 3 -> wrongNumber(stream);
            case 4 -> joined(stream, noise());
            case 5 -> joined(noise(), stream);
            default -> shuffled(stream);
        };
    }

    private byte[] commands() {
        StringBuilder stream = new StringBuilder();
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            stream.append(COMMANDS.get(random.nextInt(COMMANDS.size())));
        }
        return latin1(stream.toString());
    }

    private byte[] noise() {
        byte[] bytes = new byte[random.nextInt(20) == 0 ? random.nextInt(5_000) : random.nextInt(1, 200)];
        random.nextBytes(bytes);
        if (random.nextBoolean() && bytes.length > 0) {
            bytes[0] = (byte) "*$+-:%~#,(_=|>".charAt(random.nextInt(14));
        }
        return bytes;
    }

    private byte[] flipped(byte[] stream) {
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            stream[random.nextInt(stream.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return stream;
    }

    private byte[] cut(byte[] stream) {
        byte[] part = new byte[random.nextInt(stream.length)];
        System.arraycopy(stream, random.nextInt(stream.length - part.length), part, 0, part.length);
        return part;
    }

    private byte[] wrongNumber(byte[] stream) {
        String text = new String(stream, StandardCharsets.ISO_8859_1);
        String number = NUMBERS.get(random.nextInt(NUMBERS.size()));
        return latin1(text.replaceFirst("(?<=[*$])\\d+", number));
    }

    private byte[] shuffled(byte[] stream) {
        for (int i = 0; i < 4; i++) {
            int a = random.nextInt(stream.length);
            int b = random.nextInt(stream.length);
            byte kept = stream[a];
            stream[a] = stream[b];
            stream[b] = kept;
        }
        return stream;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] all = new byte[first.length + second.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
