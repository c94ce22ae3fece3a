package io.cairn.command;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What several clients do, step by step, of {@code blocking-scenarios.txt}, which explains its form. */
record BlockingScenario(String name, List<String> steps) {
    private static final String STANDALONE = "@standalone";
    private static final int BIG = 100_000;
    private static final Duration BLOCK_TIMEOUT = Duration.ofSeconds(20);
    private static final int SILENCE_MILLIS = 60;
    private static final Pattern ID = Pattern.compile("%id\\((\\w)\\)");
    private static final Pattern BLOCKED = Pattern.compile("blocked_clients:(\\d+)");
    private static final Pattern FLAGS = Pattern.compile(" (flags|cmd)=(\\S*)");

    boolean standaloneOnly() {
        return name.endsWith(STANDALONE);
    }

    static List<BlockingScenario> all() throws IOException {
        List<BlockingScenario> all = new ArrayList<>();
        try (InputStream in =
                Objects.requireNonNull(BlockingScenario.class.getResourceAsStream("blocking-scenarios.txt"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (line.startsWith("== ")) {
                    all.add(new BlockingScenario(line.substring(3), new ArrayList<>()));
                } else if (!line.isBlank() && line.charAt(0) != '#') {
                    all.get(all.size() - 1).steps.add(line);
                }
            }
        }
        return all;
    }

    /** Plays it to the server at a port: what the clients hear, each with its step. */
    List<String> play(int port) throws Exception {
        try (Stage stage = new Stage(port)) {
            List<String> heard = new ArrayList<>();
            for (String step : steps) {
                String reply;
                try {
                    reply = stage.step(step);
                } catch (EOFException e) {
                    reply = "closed";
                }
                if (!reply.isEmpty()) {
                    heard.add(step + " -> " + reply);
                }
            }
            stage.end();
            return heard;
        }
    }

    /** The clients of one play. */
    private static final class Stage implements AutoCloseable {
        private final int port;
        private final RespConnection control;
        private final Map<String, RespConnection> clients = new HashMap<>();
        private final Map<String, String> ids = new HashMap<>();
        private final byte[] dump;

        Stage(int port) throws Exception {
            this.port = port;
            this.control = new RespConnection(port);
            control.line("flushall");
            control.line("rpush {t}dump 7 8");
            String reply = control.line("dump {t}dump");
            dump = String.valueOf(RespConnection.parse(reply)).getBytes(StandardCharsets.ISO_8859_1);
            control.line("flushall");
        }

        String step(String step) throws Exception {
            String[] words = step.split(" ", -1);
            switch (words[0]) {
                case "blocked" -> {
                    awaitBlocked(Integer.parseInt(words[1]));
                    return "";
                }
                case "sleep" -> {
                    Thread.sleep(Long.parseLong(words[1]));
                    return "";
                }
                case "close" -> {
                    Objects.requireNonNull(clients.remove(words[1])).close();
                    return "";
                }
                default -> {
                    return act(client(words[0].substring(0, 1)), words);
                }
            }
        }

        private String act(RespConnection client, String[] words) throws Exception {
            switch (words[0].charAt(1)) {
                case ':' -> {
                    client.send(arguments(words));
                    return "";
                }
                case '<' -> {
                    return client.receive();
                }
                case '?' -> {
                    return client.isSilent(SILENCE_MILLIS) ? "nothing" : client.receive();
                }
                default -> {
                    String reply = client.run(arguments(words));
                    return switch (words[1]) {
                        case "client" -> words[2].equals("list") ? flags(reply) : reply;
                        case "hello" -> "hello";
                        default -> reply;
                    };
                }
            }
        }

        private static String flags(String reply) {
            StringBuilder flags = new StringBuilder();
            Matcher matcher = FLAGS.matcher(reply);
            while (matcher.find()) {
                flags.append(matcher.group());
            }
            return flags.toString();
        }

        private RespConnection client(String name) throws IOException {
            RespConnection client = clients.get(name);
            if (client == null) {
                client = new RespConnection(port);
                clients.put(name, client);
                ids.put(name, client.line("client id").strip().substring(1));
            }
            return client;
        }

        private List<byte[]> arguments(String[] words) throws IOException {
            List<byte[]> arguments = new ArrayList<>();
            for (int i = 1; i < words.length; i++) {
                String word = words[i].replace("%big", "x".repeat(BIG));
                Matcher id = ID.matcher(word);
                if (id.matches()) {
                    client(id.group(1));
                    word = Objects.requireNonNull(ids.get(id.group(1)));
                }
                arguments.add(
                        switch (word) {
                            case "%empty" -> new byte[0];
                            case "%dump" -> dump;
                            default -> word.getBytes(StandardCharsets.ISO_8859_1);
                        });
            }
            return arguments;
        }

        private void awaitBlocked(int clientsBlocked) throws Exception {
            BlockingScenario.awaitBlocked(control, clientsBlocked);
        }

        /** All leave, and nobody is left in a line. */
        void end() throws Exception {
            for (RespConnection client : clients.values()) {
                client.close();
            }
            awaitBlocked(0);
        }

        @Override
        public void close() throws IOException {
            for (RespConnection client : clients.values()) {
                client.close();
            }
            control.close();
        }
    }

    /** Waits until INFO counts so many blocked clients. */
    static void awaitBlocked(RespConnection control, int clients) throws Exception {
        long deadline = System.nanoTime() + BLOCK_TIMEOUT.toNanos();
        while (true) {
            Matcher matcher = BLOCKED.matcher(control.line("info clients"));
            int now = matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
            if (now == clients) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(now + " clients are blocked, not " + clients);
            }
            Thread.sleep(2);
        }
    }
}
