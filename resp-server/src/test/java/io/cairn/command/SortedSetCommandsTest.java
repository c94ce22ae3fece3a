package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.DatasetDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a comparison with redis-server 7.0 cannot show: 7.2's options, what counts as a change, that replicas agree. */
class SortedSetCommandsTest {
    private final CommandHarness redis = new CommandHarness(false);

    @AfterEach
    void close() {
        redis.close();
    }

    @Test
    void ranksMayComeWithTheScore() {
        redis.run("zadd z 1 a 2.5 b");
        assertThat(redis.brief("zrank z b withscore")).isEqualTo("*2 :1 $3 2.5");
        assertThat(redis.brief("zrevrank z b withscore")).isEqualTo("*2 :0 $3 2.5");
        assertThat(redis.brief("zrank z x withscore")).isEqualTo("*-1");
        assertThat(redis.brief("zrank no x withscore")).isEqualTo("*-1");
        assertThat(redis.brief("zrank z b foo")).isEqualTo("-ERR syntax error");
        assertThat(redis.brief("zrank z b withscore x")).startsWith("-ERR wrong number of arguments for 'zrank'");
    }

    @Test
    void onlyWhatChangesSomethingIsLogged() {
        redis.run("zadd z 1 a 2 b");
        assertThat(redis.changed).isTrue();
        for (String line : List.of(
                "zadd z 1 a",
                "zadd z nx 3 a",
                "zadd z gt 0 a",
                "zadd z xx 1 x",
                "zincrby z 0 a",
                "zrem z x",
                "zremrangebyscore z 5 9",
                "zremrangebyrank z 7 9",
                "zremrangebylex z [x [y",
                "zpopmin z 0",
                "zpopmin no",
                "zunionstore no 1 none",
                "zrangestore no z 5 6",
                "geoadd z xx 1 1 x",
                "zrange z 0 -1")) {
            redis.run(line);
            assertThat(redis.changed).as(line).isFalse();
        }
        for (String line : List.of("zpopmin z", "zrem z b", "zadd z 1 a", "zunionstore z 1 none")) {
            redis.run(line);
            assertThat(redis.changed).as(line).isTrue();
        }
        assertThat(redis.brief("exists z")).isEqualTo(":0");
    }

    @Test
    void theExpiryOutlivesChangesOfTheMembersOnly() {
        redis.run("zadd z 1 a");
        redis.run("expire z 1000");
        redis.run("zadd z 1 " + "b".repeat(70));
        redis.run("zrem z a");
        assertThat(redis.brief("object encoding z")).isEqualTo("$8 skiplist");
        assertThat(redis.brief("ttl z")).isEqualTo(":1000");
        redis.run("zunionstore z 1 z");
        assertThat(redis.brief("ttl z")).isEqualTo(":-1");
    }

    @Test
    void aPopThatFindsNothingAnswersNothing() {
        assertThat(redis.brief("zmpop 2 a b min")).isEqualTo("*-1");
        redis.run("zadd b 1 x 2 y");
        assertThat(redis.brief("zmpop 2 a b max count 5")).isEqualTo("*2 $1 b *2 *2 $1 y $1 2 *2 $1 x $1 1");
    }

    /** Replicas may have other limits, and may have been filled from a snapshot. */
    @Test
    void theFormOfASetIsNotSeenInTheData() {
        try (CommandHarness compact = new CommandHarness(false);
                CommandHarness large = new CommandHarness(false)) {
            large.keyspace.encodingLimits().zsetEntries = 0;
            Random random = new Random(1);
            RandomArguments arguments = new RandomArguments(random, 4, List.of());
            List<String> lines = new ArrayList<>(SortedSetTemplates.LINES);
            lines.removeIf(line -> line.contains("scan")
                    || line.contains("dump")
                    || line.contains("object")
                    || line.contains("expire"));
            // Ranges that mean nothing, and scores of -0.
            lines.add("zremrangebylex {zkey} {lex} {lex}");
            lines.add("zrangestore {zkey} {zkey} {lex} {lex} bylex [rev] [limit {rank} {rank}]");
            lines.add("zrangebylex {zkey} {lex} {lex}");
            lines.add("zadd {zkey} -0 {member}");
            lines.add("zunionstore {zkey} 1 {zkey} weights -1");
            for (int i = 0; i < 30_000; i++) {
                String line = lines.get(random.nextInt(lines.size()));
                List<byte[]> words = CommandTemplate.expand(line, random, arguments::get);
                String reply = compact.run(words);
                assertThat(large.run(words)).as(line).isEqualTo(reply);
            }
            assertThat(DatasetDigest.of(large.keyspace).all())
                    .isEqualTo(DatasetDigest.of(compact.keyspace).all());
        }
    }
}
