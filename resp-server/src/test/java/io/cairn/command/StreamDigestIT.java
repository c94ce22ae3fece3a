package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The digests of streams are those of redis-server. */
class StreamDigestIT {
    @TempDir
    private Path directory;

    @Test
    void theDigestsOfStreamsAreThoseOfRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String line : List.of(
                    "xadd s 1 f v",
                    "xadd s 18446744073709551614-7 f 17 g x",
                    "xadd s 18446744073709551614-8 17 -5",
                    "xdel s 1",
                    "xgroup create s g 0",
                    "xreadgroup group g c count 1 streams s >",
                    "xgroup create empty g 0 mkstream",
                    "expire s 100000")) {
                ours.line(line);
                redis.run(line.split(" ", -1));
                for (String digest : List.of("debug digest", "debug digest-value s empty")) {
                    assertThat(ours.line(digest)).as(line).isEqualTo(redis.run(digest.split(" ", -1)));
                }
            }
        }
    }
}
