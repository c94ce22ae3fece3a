package io.cairn.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The simple types: one argument each. Error texts are those of Redis 7.0 (config.c). */
final class Types {
    /** Redis: NET_HOST_STR_LEN, with the end. */
    private static final int MAX_HOSTNAME = 255;

    private Types() {}

    /** A type whose directives take exactly one argument. */
    abstract static class Single<T> implements Type<T> {
        private final String bounds;

        Single(String bounds) {
            this.bounds = bounds;
        }

        abstract T parse(String text) throws BadValueException;

        @Override
        public T parse(List<String> arguments, T current) throws BadValueException {
            if (arguments.size() != 1) {
                throw new BadValueException("wrong number of arguments");
            }
            return parse(arguments.get(0));
        }

        @Override
        public String show(T value) {
            return value.toString();
        }

        @Override
        public String bounds() {
            return bounds;
        }
    }

    static Type<Boolean> yesNo() {
        return new Single<>("yes, no") {
            @Override
            Boolean parse(String text) throws BadValueException {
                if (text.equalsIgnoreCase("yes")) {
                    return true;
                }
                if (text.equalsIgnoreCase("no")) {
                    return false;
                }
                throw new BadValueException("argument must be 'yes' or 'no'");
            }

            @Override
            public String show(Boolean value) {
                return value ? "yes" : "no";
            }
        };
    }

    static Type<Integer> integer(int least, int most) {
        return new Single<>(least + " to " + most) {
            @Override
            Integer parse(String text) throws BadValueException {
                return (int) bounded(whole(text), least, most);
            }
        };
    }

    /** Takes any number that is not negative as the nearest one within the bounds, as Redis takes hz. */
    static Type<Integer> clamped(int least, int most) {
        return new Single<>(least + " to " + most + "; others count as the nearest") {
            @Override
            Integer parse(String text) throws BadValueException {
                return (int) Math.max(least, Math.min(most, bounded(whole(text), 0, Integer.MAX_VALUE)));
            }
        };
    }

    static Type<Long> number(long least, long most) {
        return new Single<>(most == Long.MAX_VALUE ? "at least " + least : least + " to " + most) {
            @Override
            Long parse(String text) throws BadValueException {
                return bounded(whole(text), least, most);
            }
        };
    }

    /** Bytes, with Redis's units: 1k = 1000, 1kb = 1024, and m, mb, g, gb. */
    static Type<Long> memory(long least, long most) {
        String bounds = "bytes (1kb, 64mb, 1gb ...), at least " + inUnits(least);
        return new Single<>(most == Long.MAX_VALUE ? bounds : bounds + ", at most " + inUnits(most)) {
            @Override
            Long parse(String text) throws BadValueException {
                return bounded(bytes(text), least, most);
            }

            @Override
            public List<String> lines(Long value) {
                return List.of(inUnits(value));
            }
        };
    }

    /** Bytes as {@link #memory}, or a percentage of another setting, which is kept as a negative number. */
    static Type<Long> memoryOrPercent() {
        return new Single<>("bytes (1kb, 64mb, 1gb ...) or a percentage (5%)") {
            @Override
            Long parse(String text) throws BadValueException {
                if (text.length() > 1 && text.endsWith("%")) {
                    String number = text.substring(0, text.length() - 1);
                    if (number.chars().allMatch(Character::isDigit) && number.length() <= 9) {
                        long percent = Long.parseLong(number);
                        if (percent > 100) {
                            throw new BadValueException("percentage argument must be less or equal to 100");
                        }
                        return -percent;
                    }
                }
                try {
                    return bounded(bytes(text), 0, Long.MAX_VALUE);
                } catch (BadValueException e) {
                    throw new BadValueException("argument must be a memory or percent value");
                }
            }

            @Override
            public String show(Long value) {
                return value < 0 ? -value + "%" : value.toString();
            }

            @Override
            public List<String> lines(Long value) {
                return List.of(value < 0 ? show(value) : inUnits(value));
            }
        };
    }

    static Type<String> text() {
        return new Single<>("text") {
            @Override
            String parse(String text) {
                return text;
            }
        };
    }

    /** A name that stands in CLUSTER NODES, whose fields end at blanks and commas. Redis: isValidAnnouncedHostname. */
    static Type<String> hostname() {
        return new Single<>("text") {
            @Override
            String parse(String text) throws BadValueException {
                if (text.length() > MAX_HOSTNAME) {
                    throw new BadValueException("Hostnames must be less than 256 characters");
                }
                if (!text.matches("[A-Za-z0-9.-]*")) {
                    throw new BadValueException("Hostnames may only contain alphanumeric characters, hyphens or dots");
                }
                return text;
            }
        };
    }

    /** An address as others are to dial it, which stands in CLUSTER NODES, too. */
    static Type<String> host() {
        return new Single<>("text") {
            @Override
            String parse(String text) throws BadValueException {
                if (text.length() > MAX_HOSTNAME || !text.matches("[A-Za-z0-9.:%_-]*")) {
                    throw new BadValueException("argument must be an address or a name");
                }
                return text;
            }
        };
    }

    static Type<EventClasses> eventClasses() {
        return new Single<>("letters of Ag$lshzxeKEtmdn: K or E, and the classes of events") {
            @Override
            EventClasses parse(String text) throws BadValueException {
                return EventClasses.parse(text);
            }

            @Override
            public String show(EventClasses value) {
                return value.shown();
            }

            @Override
            public List<String> lines(EventClasses value) {
                return List.of(Words.quote(value.whole()));
            }
        };
    }

    /** A file name without a path, as Redis asks of dbfilename. */
    static Type<String> fileName(String key) {
        return new Single<>("a file name, not a path") {
            @Override
            String parse(String text) throws BadValueException {
                if (text.isEmpty() || text.indexOf('/') >= 0 || text.equals(".") || text.equals("..")) {
                    throw new BadValueException(key + " can't be a path, just a filename");
                }
                return text;
            }
        };
    }

    static <E extends Enum<E>> Type<E> choice(Class<E> type) {
        E[] all = type.getEnumConstants();
        String names = Arrays.stream(all).map(Types::spelled).collect(Collectors.joining(", "));
        return new Single<>(names) {
            @Override
            E parse(String text) throws BadValueException {
                for (E one : all) {
                    if (spelled(one).equalsIgnoreCase(text)) {
                        return one;
                    }
                }
                throw new BadValueException("argument(s) must be one of the following: " + names);
            }

            @Override
            public String show(E value) {
                return spelled(value);
            }
        };
    }

    /** A choice between words that no code of ours looks at. */
    static Type<String> word(String... choices) {
        String names = String.join(", ", choices);
        return new Single<>(names) {
            @Override
            String parse(String text) throws BadValueException {
                String lower = text.toLowerCase(Locale.ROOT);
                if (!List.of(choices).contains(lower)) {
                    throw new BadValueException("argument(s) must be one of the following: " + names);
                }
                return lower;
            }
        };
    }

    private static String spelled(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static long whole(String text) throws BadValueException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new BadValueException("argument couldn't be parsed into an integer");
        }
    }

    static long bounded(long value, long least, long most) throws BadValueException {
        if (value < least || value > most) {
            throw new BadValueException("argument must be between " + least + " and " + most + " inclusive");
        }
        return value;
    }

    /** Redis: memtoull. */
    static long bytes(String text) throws BadValueException {
        int digits = 0;
        while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        long unit = switch (text.substring(digits).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1L;
            case "k" -> 1_000L;
            case "kb" -> 1L << 10;
            case "m" -> 1_000_000L;
            case "mb" -> 1L << 20;
            case "g" -> 1_000_000_000L;
            case "gb" -> 1L << 30;
            default -> 0L;
        };
        try {
            if (unit > 0) {
                return Math.multiplyExact(Long.parseLong(text.substring(0, digits)), unit);
            }
        } catch (NumberFormatException | ArithmeticException e) {
            // Told below: no digits, or more than a long holds.
        }
        throw new BadValueException("argument must be a memory value");
    }

    /** Redis: rewriteConfigFormatMemory. */
    static String inUnits(long bytes) {
        if (bytes > 0 && bytes % (1L << 30) == 0) {
            return bytes / (1L << 30) + "gb";
        }
        if (bytes > 0 && bytes % (1L << 20) == 0) {
            return bytes / (1L << 20) + "mb";
        }
        if (bytes > 0 && bytes % (1L << 10) == 0) {
            return bytes / (1L << 10) + "kb";
        }
        return Long.toString(bytes);
    }
}
