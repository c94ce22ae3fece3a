package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand random and mutated inputs, seeded: the server stays up and other connections notice nothing. */
class FuzzIT {
    private static final int INPUTS = 10_000;
    private static final long SEED = Long.getLong("cairn.fuzz.seed", 20_260_807L);

    /** Commands that stop or stall the server on purpose. */
    private static final List<String> AVOIDED = List.of("shutdown", "debug", "client", "latency");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);

    @Test
    void randomAndMutatedInputsDisturbNobody() throws Exception {
        try (TestServer server = new TestServer(directory);
                RawClient bystander = server.client()) {
            List<String> names = names(server);
            assertThat(bystander.call("SET", "mine", "untouched")).isEqualTo("+OK\r\n");
            for (int i = 0; i < INPUTS; i++) {
                throwAt(server, names);
                if (i % 100 == 0) {
                    assertThat(bystander.call("PING"))
                            .as("input %s of seed %s", i, SEED)
                            .isEqualTo("+PONG\r\n");
                }
            }
            assertThat(bystander.call("PING")).isEqualTo("+PONG\r\n");
            assertThat(server.process().exitCode()).isZero();
        }
    }

    private static List<String> names(TestServer server) {
        List<String> names = new ArrayList<>();
        server.process().nodes().get(0).state().commands().topLevel().forEach(command -> {
            if (!AVOIDED.contains(command.name())) {
                names.add(command.name());
            }
        });
        return names;
    }

    private void throwAt(TestServer server, List<String> names) throws IOException {
        try (RawClient client = server.client()) {
            client.send(input(names));
            client.endOutput();
            client.readAll();
        } catch (java.net.SocketException e) {
            // The server closed the connection while we were still sending: its right after a protocol error.
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private byte[] input(List<String> names) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int requests = 1 + random.nextInt(4); requests > 0; requests--) {
            out.writeBytes(request(names));
        }
        byte[] bytes = out.toByteArray();
        int kind = random.nextInt(10);
        if (kind == 0) {
            random.nextBytes(bytes);
        } else if (kind < 5) {
            for (int flips = random.nextInt(6); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
        } else if (kind == 5) {
            return java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        return bytes;
    }

    private byte[] request(List<String> names) {
        List<byte[]> words = new ArrayList<>();
        words.add(names.get(random.nextInt(names.size())).getBytes(StandardCharsets.ISO_8859_1));
        for (int count = random.nextInt(6); count > 0; count--) {
            words.add(word());
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ascii("*" + words.size() + "\r\n"));
        for (byte[] word : words) {
            out.writeBytes(ascii("$" + word.length + "\r\n"));
            out.writeBytes(word);
            out.writeBytes(ascii("\r\n"));
        }
        return out.toByteArray();
    }

    private byte[] word() {
        String[] known = {
            "a",
            "b",
            "{t}c",
            "0",
            "1",
            "-1",
            "10",
            "9223372036854775807",
            "-9223372036854775808",
            "1e400",
            "nan",
            "EX",
            "PX",
            "NX",
            "XX",
            "GET",
            "KEEPTTL",
            "MATCH",
            "*",
            "[a-",
            "COUNT",
            "TYPE",
            "string",
            "DB",
            "REPLACE",
            "LIMIT",
            "HELP",
            ""
        };
        if (random.nextInt(8) == 0) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            return bytes;
        }
        return ascii(known[random.nextInt(known.length)]);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
