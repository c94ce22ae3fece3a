package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command that we have is described as redis-server describes it. */
class CommandInfoIT {
    private static final int FLAGS = 2;
    private static final int CATEGORIES = 6;
    private static final int TIPS = 7;
    private static final int KEY_SPECS = 8;
    /** Commands that redis-server 7.0.15 does not have: of 7.2 and 7.4, and of Valkey 9. */
    private static final Set<String> NEWER = Set.of(
            "cluster|cancelslotmigrations",
            "cluster|consensus",
            "cluster|getslotmigrations",
            "cluster|migrateslots",
            "cluster|migration",
            "client|setinfo",
            "client|no-touch",
            "delifeq",
            "hexpire",
            "hexpireat",
            "hexpiretime",
            "hpersist",
            "hpexpire",
            "hpexpireat",
            "hpexpiretime",
            "hpttl",
            "httl",
            "waitaof");

    /** Commands that have an option more in 7.2, and so another arity. */
    private static final Set<String> EXTENDED = Set.of("zrank", "zrevrank");

    private static final int ARITY = 1;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    @Test
    void commandInfoIsThatOfRedis() throws Exception {
        SoftAssertions softly = new SoftAssertions();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            List<String> names = names(ours);
            assertThat(names).hasSizeGreaterThan(100);
            for (String name : names) {
                if (NEWER.contains(name)) {
                    continue;
                }
                List<?> actual = info(ours.run("command", "info", name));
                List<?> expected = info(redis.run("command", "info", name));
                softly.assertThat(expected).as("redis-server has " + name).isNotNull();
                if (actual != null && expected != null) {
                    compare(softly, name, actual, expected);
                }
            }
        }
        softly.assertAll();
    }

    private static List<String> names(RespConnection ours) throws Exception {
        List<String> names = new ArrayList<>();
        for (Object name : list(RespConnection.parse(ours.run("command", "list")))) {
            names.add(String.valueOf(name));
        }
        return names;
    }

    private static @Nullable List<?> info(String reply) {
        Object info = list(RespConnection.parse(reply)).get(0);
        return info == null ? null : list(info);
    }

    private static void compare(SoftAssertions softly, String name, List<?> actual, List<?> expected) {
        for (int field = 0; field < TIPS; field++) {
            if (field == ARITY && EXTENDED.contains(name)) {
                softly.assertThat(actual.get(field)).as(name).isEqualTo(-3L);
            } else if (field == FLAGS || field == CATEGORIES) {
                softly.assertThat(set(actual.get(field)))
                        .as("%s, field %d", name, field)
                        .isEqualTo(set(expected.get(field)));
            } else {
                softly.assertThat(actual.get(field))
                        .as("%s, field %d", name, field)
                        .isEqualTo(expected.get(field));
            }
        }
        softly.assertThat(set(actual.get(TIPS))).as("%s, tips", name).isEqualTo(set(expected.get(TIPS)));
        softly.assertThat(keySpecs(actual.get(KEY_SPECS)))
                .as("%s, key specs", name)
                .isEqualTo(keySpecs(expected.get(KEY_SPECS)));
    }

    /** Key specs as maps of text, without Redis's remarks. */
    private static List<Map<String, String>> keySpecs(@Nullable Object specs) {
        List<Map<String, String>> all = new ArrayList<>();
        for (Object spec : list(specs)) {
            Map<String, String> fields = fields(spec);
            fields.remove("notes");
            all.add(fields);
        }
        return all;
    }

    private static Map<String, String> fields(@Nullable Object map) {
        Map<String, String> fields = new TreeMap<>();
        List<?> pairs = list(map);
        for (int i = 0; i < pairs.size(); i += 2) {
            fields.put(String.valueOf(pairs.get(i)), String.valueOf(pairs.get(i + 1)));
        }
        return fields;
    }

    /** The facts are Redis's; the summaries are our own words. */
    @Test
    void commandDocsHaveTheFactsOfRedis() throws Exception {
        SoftAssertions softly = new SoftAssertions();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String name : names(ours)) {
                Map<String, String> actual = docs(ours.run("command", "docs", name));
                softly.assertThat(actual.get("summary")).as(name).isNotEmpty();
                if (NEWER.contains(name)) {
                    continue;
                }
                Map<String, String> expected = docs(redis.run("command", "docs", name));
                for (String fact : List.of("since", "group", "deprecated_since", "replaced_by", "arguments")) {
                    softly.assertThat(known(actual.get(fact)))
                            .as(name + " " + fact)
                            .isEqualTo(expected.get(fact));
                }
            }
        }
        softly.assertAll();
    }

    /** Without the arguments that Valkey added since. */
    private static @Nullable String known(@Nullable String fact) {
        return fact == null
                ? null
                : fact.replaceAll(", \\[name, [a-z-]+, type, [a-z-]+, token, [A-Z]+, since, [89][0-9.]+]", "");
    }

    private static Map<String, String> docs(String reply) {
        List<?> docs = list(RespConnection.parse(reply));
        return docs.isEmpty() ? new TreeMap<>() : fields(docs.get(1));
    }

    private static List<?> list(@Nullable Object value) {
        return (List<?>) Objects.requireNonNull(value);
    }

    private static Set<Object> set(@Nullable Object value) {
        return new HashSet<>(list(value));
    }
}
