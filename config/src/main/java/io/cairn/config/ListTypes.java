package io.cairn.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The types whose directives take several arguments. */
final class ListTypes {
    private static final int MAX_PORTS = 1_000;
    private static final int MAX_PORT = 65_535;

    private ListTypes() {}

    abstract static class Several<T> implements Type<T> {
        private final String bounds;

        Several(String bounds) {
            this.bounds = bounds;
        }

        @Override
        public boolean severalArguments() {
            return true;
        }

        @Override
        public List<String> lines(T value) {
            String shown = show(value);
            return List.of(shown.isEmpty() ? "\"\"" : shown);
        }

        @Override
        public String bounds() {
            return bounds;
        }
    }

    /** Words separated by spaces or commas; a single empty argument is the empty list. */
    static Type<List<String>> words(String bounds) {
        return new Several<>(bounds) {
            @Override
            public List<String> parse(List<String> arguments, List<String> current) {
                return separate(arguments);
            }

            @Override
            public String show(List<String> value) {
                return String.join(" ", value);
            }
        };
    }

    /** Free text of several words that no code of ours looks at. */
    static Type<String> line(String bounds) {
        return new Several<>(bounds) {
            @Override
            public String parse(List<String> arguments, String current) {
                return String.join(" ", arguments);
            }

            @Override
            public String show(String value) {
                return value;
            }
        };
    }

    /** Host and port, or nobody: "no one", or nothing. */
    static Type<Primary> primary() {
        return new Several<>("host and port") {
            @Override
            public Primary parse(List<String> arguments, Primary current) throws BadValueException {
                List<String> words = separate(arguments);
                if (words.isEmpty()
                        || (words.size() == 2
                                && words.get(0).equalsIgnoreCase("no")
                                && words.get(1).equalsIgnoreCase("one"))) {
                    return Primary.NONE;
                }
                if (words.size() != 2) {
                    throw new BadValueException("wrong number of arguments");
                }
                try {
                    return new Primary(words.get(0), (int) Types.bounded(Types.whole(words.get(1)), 0, MAX_PORT));
                } catch (BadValueException e) {
                    throw new BadValueException("Invalid master port");
                }
            }

            @Override
            public String show(Primary value) {
                return value.isNone() ? "" : value.host() + " " + value.port();
            }
        };
    }

    /** One port per node of the process, separated by commas or spaces. */
    static Type<List<Integer>> ports(boolean zeroMeansDefault) {
        int least = zeroMeansDefault ? 0 : 1;
        return new Several<>(least + " to " + MAX_PORT + ", one per node of the process: 7001,7002") {
            @Override
            public List<Integer> parse(List<String> arguments, List<Integer> current) throws BadValueException {
                List<Integer> ports = new ArrayList<>();
                for (String word : separate(arguments)) {
                    int port = (int) Types.bounded(Types.whole(word), least, MAX_PORT);
                    if (port != 0 && ports.contains(port)) {
                        throw new BadValueException("port " + port + " is named twice");
                    }
                    ports.add(port);
                }
                Types.bounded(ports.size(), 1, MAX_PORTS);
                return List.copyOf(ports);
            }

            @Override
            public String show(List<Integer> value) {
                return value.stream().map(String::valueOf).collect(Collectors.joining(","));
            }
        };
    }

    static Type<List<Seed>> seeds() {
        return new Several<>("host:port[@busport], separated by spaces or commas") {
            @Override
            public List<Seed> parse(List<String> arguments, List<Seed> current) throws BadValueException {
                List<Seed> seeds = new ArrayList<>();
                for (String word : separate(arguments)) {
                    seeds.add(seed(word));
                }
                return List.copyOf(seeds);
            }

            @Override
            public String show(List<Seed> value) {
                return value.stream().map(Seed::toString).collect(Collectors.joining(" "));
            }
        };
    }

    private static Seed seed(String word) throws BadValueException {
        int at = word.indexOf('@');
        String address = at < 0 ? word : word.substring(0, at);
        int colon = address.lastIndexOf(':');
        if (colon <= 0) {
            throw new BadValueException("argument must be host:port[@busport], not '" + word + "'");
        }
        String host = address.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = (int) Types.bounded(Types.whole(address.substring(colon + 1)), 1, MAX_PORT);
        long bus = at < 0 ? port + Config.BUS_PORT_OFFSET : Types.whole(word.substring(at + 1));
        return new Seed(host, port, (int) Types.bounded(bus, 1, MAX_PORT));
    }

    static Type<List<SavePoint>> save() {
        return new Several<>("pairs of seconds and changes, or \"\"") {
            @Override
            public List<SavePoint> parse(List<String> arguments, List<SavePoint> current) throws BadValueException {
                if (arguments.size() == 1 && arguments.get(0).isEmpty()) {
                    return List.of();
                }
                List<SavePoint> points = new ArrayList<>();
                try {
                    for (int i = 0; i + 1 < arguments.size(); i += 2) {
                        long seconds = Long.parseLong(arguments.get(i));
                        int changes = Integer.parseInt(arguments.get(i + 1));
                        if (seconds < 1 || changes < 0) {
                            throw new BadValueException("Invalid save parameters");
                        }
                        points.add(new SavePoint(seconds, changes));
                    }
                } catch (NumberFormatException e) {
                    throw new BadValueException("Invalid save parameters");
                }
                if (arguments.size() % 2 != 0) {
                    throw new BadValueException("Invalid save parameters");
                }
                return List.copyOf(points);
            }

            /** Lines of a file add up; {@code save ""} forgets those before it. */
            @Override
            public List<SavePoint> further(List<String> arguments, List<SavePoint> soFar) throws BadValueException {
                List<SavePoint> later = parse(arguments, soFar);
                List<SavePoint> all = new ArrayList<>(later.isEmpty() ? List.of() : soFar);
                all.addAll(later);
                return List.copyOf(all);
            }

            @Override
            public List<String> lines(List<SavePoint> value) {
                return value.isEmpty()
                        ? List.of("\"\"")
                        : value.stream()
                                .map(p -> p.seconds() + " " + p.changes())
                                .toList();
            }

            @Override
            public String show(List<SavePoint> value) {
                return value.stream().map(p -> p.seconds() + " " + p.changes()).collect(Collectors.joining(" "));
            }
        };
    }

    static Type<OutputLimits> outputLimits() {
        return new Several<>("class (normal, replica, pubsub), hard limit, soft limit, soft seconds") {
            /** A class that is not named keeps its limits. */
            @Override
            public OutputLimits parse(List<String> arguments, OutputLimits current) throws BadValueException {
                if (arguments.size() % 4 != 0) {
                    throw new BadValueException("Wrong number of arguments in buffer limit configuration.");
                }
                OutputLimits limits = current;
                for (int i = 0; i < arguments.size(); i += 4) {
                    limits = withClass(limits, arguments.subList(i, i + 4));
                }
                return limits;
            }

            @Override
            public String show(OutputLimits value) {
                return shown("normal", value.normal(), false) + " " + shown("slave", value.replica(), false) + " "
                        + shown("pubsub", value.pubsub(), false);
            }

            @Override
            public List<String> lines(OutputLimits value) {
                return List.of(
                        shown("normal", value.normal(), true),
                        shown("replica", value.replica(), true),
                        shown("pubsub", value.pubsub(), true));
            }
        };
    }

    /** Lines of all sources add up: a user is defined once. */
    static Type<List<UserLine>> users() {
        return new Several<>("a name and rules as ACL SETUSER takes them; one line for each user") {
            @Override
            public List<UserLine> parse(List<String> arguments, List<UserLine> current) throws BadValueException {
                String name = arguments.get(0);
                if (current.stream().anyMatch(line -> line.name().equals(name))) {
                    throw new BadValueException("Error in user declaration '" + name
                            + "': Duplicate user found. A user can only be defined once in config files");
                }
                List<UserLine> all = new ArrayList<>(current);
                all.add(new UserLine(name, arguments.subList(1, arguments.size())));
                return List.copyOf(all);
            }

            @Override
            public List<String> lines(List<UserLine> value) {
                return value.stream().map(ListTypes::line).toList();
            }

            @Override
            public String show(List<UserLine> value) {
                return String.join("\n", lines(value));
            }
        };
    }

    private static String line(UserLine user) {
        return Words.quote(user.name())
                + user.rules().stream().map(rule -> " " + Words.quote(rule)).collect(Collectors.joining());
    }

    private static OutputLimits withClass(OutputLimits limits, List<String> words) throws BadValueException {
        OutputLimit limit;
        try {
            limit = new OutputLimit(
                    Types.bytes(words.get(1)),
                    Types.bytes(words.get(2)),
                    Types.bounded(Types.whole(words.get(3)), 0, Long.MAX_VALUE));
        } catch (BadValueException e) {
            throw new BadValueException("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        }
        return switch (words.get(0).toLowerCase(Locale.ROOT)) {
            case "normal" -> new OutputLimits(limit, limits.replica(), limits.pubsub());
            case "replica", "slave" -> new OutputLimits(limits.normal(), limit, limits.pubsub());
            case "pubsub" -> new OutputLimits(limits.normal(), limits.replica(), limit);
            default -> throw new BadValueException("Invalid client class specified in buffer limit configuration.");
        };
    }

    private static String shown(String name, OutputLimit limit, boolean units) {
        return units
                ? name + " " + Types.inUnits(limit.hardBytes()) + " " + Types.inUnits(limit.softBytes()) + " "
                        + limit.softSeconds()
                : name + " " + limit.hardBytes() + " " + limit.softBytes() + " " + limit.softSeconds();
    }

    private static List<String> separate(List<String> arguments) {
        List<String> words = new ArrayList<>();
        for (String argument : arguments) {
            for (String word : argument.split("[,\\s]+")) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
        }
        return List.copyOf(words);
    }
}
