package io.cairn.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values, bounds and Redis's error texts; the texts were taken from redis-server 7.0.15. */
class TypesTest {
    private static String error(String key, String value) {
        try {
            Config.of().set(List.of(key, value));
        } catch (ConfigException e) {
            String prefix = "ERR CONFIG SET failed (possibly related to argument '" + key + "') - ";
            assertThat(e.getMessage()).startsWith(prefix);
            return String.valueOf(e.getMessage()).substring(prefix.length());
        }
        return "accepted";
    }

    @Test
    void errorsAreInTheWordsOfRedis() {
        assertThat(error("maxclients", "abc")).isEqualTo("argument couldn't be parsed into an integer");
        assertThat(error("timeout", "-1")).isEqualTo("argument must be between 0 and 2147483647 inclusive");
        assertThat(error("timeout", "")).isEqualTo("argument couldn't be parsed into an integer");
        assertThat(error("appendfsync", "foo"))
                .isEqualTo("argument(s) must be one of the following: everysec, always, no");
        assertThat(error("loglevel", "x"))
                .isEqualTo("argument(s) must be one of the following: debug, verbose, notice, warning");
        assertThat(error("appendonly", "foo")).isEqualTo("argument must be 'yes' or 'no'");
        assertThat(error("maxmemory", "1x")).isEqualTo("argument must be a memory value");
        assertThat(error("maxmemory", "99999999999gb")).isEqualTo("argument must be a memory value");
        assertThat(error("proto-max-bulk-len", "1"))
                .isEqualTo("argument must be between 1048576 and 9223372036854775807 inclusive");
        assertThat(error("save", "1")).isEqualTo("Invalid save parameters");
        assertThat(error("save", "0 1")).isEqualTo("Invalid save parameters");
        assertThat(error("client-output-buffer-limit", "foo 1 2 3"))
                .isEqualTo("Invalid client class specified in buffer limit configuration.");
        assertThat(error("client-output-buffer-limit", "normal 1 2"))
                .isEqualTo("Wrong number of arguments in buffer limit configuration.");
        assertThat(error("client-output-buffer-limit", "normal a 2 3"))
                .isEqualTo("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        assertThat(error("databases", "3")).isEqualTo("can't set immutable config");
        assertThat(error("notify-keyspace-events", "Eq"))
                .isEqualTo("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        assertThat(error("maxmemory-policy", "whatever"))
                .isEqualTo("argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random,"
                        + " volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction");
        assertThat(error("maxmemory-clients", "101%")).isEqualTo("percentage argument must be less or equal to 100");
        assertThat(error("maxmemory-clients", "x%")).isEqualTo("argument must be a memory or percent value");
    }

    @Test
    void eventClassesAreShownAsRedisShowsThem() throws Exception {
        Map<String, String> shown = Map.of(
                "", "",
                "KEA", "AKE",
                "Ex", "xE",
                "mEKtx$", "$xtKEm",
                "g$lshzxetd", "A",
                "Anm", "Am",
                "ndg", "gdn",
                "K", "K");
        for (Map.Entry<String, String> each : shown.entrySet()) {
            Config config = Config.of();
            config.set(List.of("notify-keyspace-events", each.getKey()));
            assertThat(config.show(Keys.NOTIFY_KEYSPACE_EVENTS)).isEqualTo(each.getValue());
            EventClasses value = config.get(Keys.NOTIFY_KEYSPACE_EVENTS);
            assertThat(EventClasses.parse(value.whole())).isEqualTo(value);
        }
    }

    @Test
    void setRefusesUnknownKeysDuplicatesAndOddArguments() throws Exception {
        Config config = Config.of();
        assertThatThrownBy(() -> config.set(List.of("maxclients", "3", "nosuch", "3")))
                .hasMessage("ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
        assertThatThrownBy(() -> config.set(List.of("maxclients", "1", "maxclients", "2")))
                .hasMessage("ERR CONFIG SET failed (possibly related to argument 'maxclients') - duplicate parameter");
        assertThatThrownBy(() -> config.set(List.of("maxclients")))
                .hasMessage("ERR wrong number of arguments for 'config|set' command");
        assertThat(config.get(Keys.MAXCLIENTS)).isEqualTo(10_000);
    }

    @Test
    void memoryTakesTheUnitsOfRedis() throws Exception {
        Map<String, Long> units = Map.of(
                "100",
                100L,
                "100b",
                100L,
                "1k",
                1000L,
                "1kb",
                1024L,
                "1m",
                1_000_000L,
                "2MB",
                2L << 20,
                "1g",
                1_000_000_000L,
                "3Gb",
                3L << 30);
        for (Map.Entry<String, Long> unit : units.entrySet()) {
            Config config = Config.of("--maxmemory", unit.getKey());
            assertThat(config.get(Keys.MAXMEMORY)).as(unit.getKey()).isEqualTo(unit.getValue());
            assertThat(config.show(Keys.MAXMEMORY)).isEqualTo(String.valueOf(unit.getValue()));
        }
    }

    @Test
    void outputLimitsOfClassesThatAreNotNamedStay() throws Exception {
        Config config = Config.of();
        config.set(List.of("client-output-buffer-limit", "slave 1mb 2kb 3"));
        config.set(List.of("client-output-buffer-limit", "normal 5 6 7 pubsub 8 9 10"));
        assertThat(config.show(Keys.CLIENT_OUTPUT_BUFFER_LIMIT))
                .isEqualTo("normal 5 6 7 slave 1048576 2048 3 pubsub 8 9 10");
    }

    @Test
    void savePointsCanBeReplacedAndSwitchedOff() throws Exception {
        Config config = Config.of();
        config.set(List.of("save", "10 1  20 2"));
        assertThat(config.get(Keys.SAVE_POINTS)).containsExactly(new SavePoint(10, 1), new SavePoint(20, 2));
        config.set(List.of("save", ""));
        assertThat(config.get(Keys.SAVE_POINTS)).isEmpty();
        assertThat(config.show(Keys.SAVE_POINTS)).isEmpty();
    }

    @Test
    void everyDefaultSurvivesBeingWrittenAndRead() throws Exception {
        for (Key<?> key : KeyTable.keys()) {
            roundTrip(key);
        }
    }

    private static <T> void roundTrip(Key<T> key) throws BadValueException {
        List<String> lines = key.type().lines(key.defaultValue());
        T read = key.defaultValue();
        for (int i = 0; i < lines.size(); i++) {
            List<String> words = Words.split(lines.get(i));
            assertThat(words).as(key.name()).isNotNull();
            List<String> arguments = words == null || words.isEmpty() ? List.of("") : words;
            read = i == 0 ? key.type().parse(arguments, read) : key.type().further(arguments, read);
        }
        assertThat(read).as(key.name()).isEqualTo(key.defaultValue());
    }

    @Test
    void quotedWordsSurviveAnyText() {
        Random random = new Random(7);
        for (int round = 0; round < 5_000; round++) {
            List<String> words = new ArrayList<>();
            StringBuilder line = new StringBuilder();
            for (int i = random.nextInt(4); i >= 0; i--) {
                StringBuilder word = new StringBuilder();
                for (int n = random.nextInt(8); n > 0; n--) {
                    word.append((char)
                            (random.nextBoolean() ? random.nextInt(128) : "\"'\\ #x41aé€".charAt(random.nextInt(11))));
                }
                words.add(word.toString());
                line.append(' ').append(Words.quote(word.toString()));
            }
            assertThat(Words.split(line.toString())).as(line.toString()).isEqualTo(words);
        }
    }

    @Test
    void wordsAreSplitAsRedisSplitsThem() {
        assertThat(Words.split("a \"b c\" 'd\\'e' \"\\x41\\n\\\"\"")).containsExactly("a", "b c", "d'e", "A\n\"");
        assertThat(Words.split("a \"b")).isNull();
        assertThat(Words.split("a 'b")).isNull();
        assertThat(Words.split("\"a\"b")).isNull();
        assertThat(Words.split("  ")).isEmpty();
    }

    @Test
    void globsMatchAsInRedis() {
        assertThat(Glob.matches("max*", "maxmemory")).isTrue();
        assertThat(Glob.matches("*-SIZE", "auto-aof-rewrite-min-size")).isTrue();
        assertThat(Glob.matches("h?", "hz")).isTrue();
        assertThat(Glob.matches("[a-h]z", "hz")).isTrue();
        assertThat(Glob.matches("[^h]z", "hz")).isFalse();
        assertThat(Glob.matches("[h", "h")).isTrue();
        assertThat(Glob.matches("\\hz", "hz")).isTrue();
        assertThat(Glob.matches("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
                .isFalse();
        assertThat(Glob.matches("", "hz")).isFalse();
        assertThat(Glob.matches("*", "")).isTrue();
    }
}
