package io.cairn.jepsen.suite;

import java.util.List;

/**
 * One file of Redis's test suite.
 *
 * @param unit by which the suite knows it
 * @param redisPasses tests that redis-server 7.0.15 passes standalone, tags {@value #TAGS}
 */
public record SuiteFile(String unit, int redisPasses) {
    /** What is left out: tests of minutes, and those that need DEBUG. */
    public static final String TAGS = "-slow -needs:debug";

    /** The files that say what Redis's data types and commands are. */
    public static final List<SuiteFile> ALL = List.of(
            new SuiteFile("unit/type/string", 74),
            new SuiteFile("unit/type/incr", 23),
            new SuiteFile("unit/type/list", 222),
            new SuiteFile("unit/type/list-3", 9),
            new SuiteFile("unit/type/set", 94),
            new SuiteFile("unit/type/zset", 272),
            new SuiteFile("unit/type/hash", 72),
            new SuiteFile("unit/type/stream", 63),
            new SuiteFile("unit/type/stream-cgroups", 48),
            new SuiteFile("unit/sort", 48),
            new SuiteFile("unit/expire", 58),
            new SuiteFile("unit/scan", 17),
            new SuiteFile("unit/keyspace", 52),
            new SuiteFile("unit/bitops", 45),
            new SuiteFile("unit/bitfield", 16),
            new SuiteFile("unit/geo", 59),
            new SuiteFile("unit/hyperloglog", 20),
            new SuiteFile("unit/multi", 53),
            new SuiteFile("unit/pubsub", 30),
            new SuiteFile("unit/scripting", 192),
            new SuiteFile("unit/dump", 11),
            new SuiteFile("unit/lazyfree", 4),
            new SuiteFile("unit/protocol", 19),
            new SuiteFile("unit/other", 14));

    /** Its last part: {@code zset} for {@code unit/type/zset}. */
    public String name() {
        return unit.substring(unit.lastIndexOf('/') + 1);
    }

    /** The file of this name or unit; one that is not in the list has no number to reach. */
    public static SuiteFile of(String name) {
        return ALL.stream()
                .filter(file -> file.name().equals(name) || file.unit().equals(name))
                .findFirst()
                .orElseGet(() -> new SuiteFile(name.startsWith("unit/") ? name : "unit/" + name, 0));
    }
}
