package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** HyperLogLogs against a model of their registers, damaged ones, and that a read changes nothing; their bytes are compared with Redis elsewhere. */
class HyperLogLogTest {
    private static final int SPARSE_BYTES = 3000;
    private static final String DAMAGED = "-INVALIDOBJ Corrupted HLL object detected";

    private final CommandHarness redis = new CommandHarness(false);

    @AfterEach
    void close() {
        redis.close();
    }

    @Test
    void theHashIsRedis() {
        // PFADD h a in redis-server 7.0.15.
        redis.run("pfadd h a");
        assertThat(redis.brief("pfdebug decode h")).isEqualTo("$20 Z:12711 v:2,1 Z:3672");
    }

    @Test
    void bothFormsHoldTheRegistersTheyWereGiven() {
        Random random = new Random(5);
        for (int round = 0; round < 30; round++) {
            byte[] model = new byte[HllFormat.REGISTERS];
            int range = 1 << random.nextInt(15);
            try (HllSketch sketch = new HllSketch(random.nextBoolean() ? SPARSE_BYTES : 1 << 20);
                    HllSketch dense = new HllSketch(SPARSE_BYTES)) {
                assertThat(dense.toDense()).isTrue();
                for (int i = 0; i < 1500; i++) {
                    int index = random.nextInt(range) + (HllFormat.REGISTERS - range) / 2;
                    int rank = 1 + Math.min(random.nextInt(4) * random.nextInt(12), random.nextInt(200) == 0 ? 50 : 31);
                    int raised = model[index] < rank ? 1 : 0;
                    model[index] = (byte) Math.max(model[index], rank);
                    assertThat(sketch.raise(index, rank)).isEqualTo(raised);
                    assertThat(dense.raise(index, rank)).isEqualTo(raised);
                }
                assertThat(registers(sketch)).isEqualTo(model);
                assertThat(registers(dense)).isEqualTo(model);
                long estimate = HllCardinality.of(model);
                assertThat(HllCardinality.of(sketch.address(), sketch.length())).isEqualTo(estimate);
                assertThat(HllCardinality.of(dense.address(), dense.length())).isEqualTo(estimate);
                assertThat(sketch.toDense()).isTrue();
                assertThat(registers(sketch)).isEqualTo(model);
            }
        }
    }

    private static byte[] registers(HllSketch sketch) {
        byte[] registers = new byte[HllFormat.REGISTERS];
        assertThat(HllSketch.mergeInto(registers, sketch.address(), sketch.length()))
                .isTrue();
        return registers;
    }

    @Test
    void theSelfTestFindsNothing() {
        assertThat(DebugHyperLogLog.run(new SplittableRandom(1), 100_000)).isNull();
    }

    @Test
    void countingIsARead() {
        redis.run("pfadd h a b c d");
        String before = redis.run("get h");
        assertThat(redis.brief("pfcount h")).isEqualTo(":4");
        assertThat(redis.changed).isFalse();
        assertThat(redis.run("get h")).isEqualTo(before);
        // What Redis kept in the header is believed, until something is added.
        redis.runWords("setrange", "h", "8", "\u0009\0\0\0\0\0\0\0");
        assertThat(redis.brief("pfcount h")).isEqualTo(":9");
        assertThat(redis.brief("pfadd h a b")).isEqualTo(":0");
        assertThat(redis.brief("pfcount h")).isEqualTo(":9");
        assertThat(redis.brief("pfadd h e")).isEqualTo(":1");
        assertThat(redis.brief("pfcount h")).isEqualTo(":5");
    }

    @Test
    void addingToTheDenseFormKeepsItsExpiryAndSharesNothing() {
        redis.run("pfadd h a");
        assertThat(redis.brief("pfdebug todense h")).isEqualTo(":1");
        assertThat(redis.changed).isTrue();
        redis.run("expire h 100");
        redis.run("copy h copy");
        assertThat(redis.brief("pfadd h b")).isEqualTo(":1");
        assertThat(redis.brief("pfadd h b a")).isEqualTo(":0");
        assertThat(redis.changed).isFalse();
        assertThat(redis.brief("ttl h")).isEqualTo(":100");
        assertThat(redis.brief("pfcount h")).isEqualTo(":2");
        assertThat(redis.brief("pfcount copy")).isEqualTo(":1");
        assertThat(redis.brief("strlen h")).isEqualTo(":12304");
    }

    @Test
    void damagedValuesAreRefused() {
        String header = "HYLL\u0001\0\0\0\0\0\0\0\0\0\0\u0080";
        redis.runWords("set", "short", header);
        redis.runWords("set", "cut", header + "\u007f");
        redis.runWords("set", "long", header + "\u007f\u00ff\u0080");
        redis.runWords("set", "dense", "HYLL\0\0\0\0\0\0\0\0\0\0\0\u0080" + "x".repeat(100));
        redis.runWords("set", "other", "HYLL\u0002\0\0\0\0\0\0\0\0\0\0\u0080");
        for (String key : new String[] {"short", "cut", "long"}) {
            assertThat(redis.brief("pfcount " + key)).as(key).isEqualTo(DAMAGED);
            assertThat(redis.brief("pfcount " + key + " none")).as(key).isEqualTo(DAMAGED);
            assertThat(redis.brief("pfmerge to " + key)).as(key).isEqualTo(DAMAGED);
            assertThat(redis.brief("pfdebug getreg " + key)).as(key).isEqualTo(DAMAGED);
            assertThat(redis.brief("pfdebug todense " + key)).as(key).isEqualTo(DAMAGED);
        }
        assertThat(redis.brief("pfadd short a")).isEqualTo(DAMAGED);
        for (String key : new String[] {"dense", "other"}) {
            assertThat(redis.brief("pfadd " + key + " a"))
                    .isEqualTo("-WRONGTYPE Key is not a valid HyperLogLog string value.");
        }
        assertThat(redis.brief("exists to")).isEqualTo(":0");
    }

    /** Any bytes: no crash, nothing read or written out of bounds (the allocator would notice), and the value stays a string. */
    @Test
    void hostileBytesDoNoHarm() {
        Random random = new Random(11);
        for (int round = 0; round < 2000; round++) {
            byte[] body = new byte[random.nextInt(40)];
            random.nextBytes(body);
            String value = "HYLL\u0001\0\0\0\0\0\0\0\0\0\0\u0080" + new String(body, StandardCharsets.ISO_8859_1);
            redis.runWords("set", "h", value);
            redis.run("pfadd h a" + round + " b" + round + " c" + round);
            redis.run("pfcount h");
            redis.run("pfcount h g");
            redis.run("pfdebug decode h");
            redis.run("pfmerge g h");
            redis.run("pfdebug todense h");
            assertThat(redis.brief("type h")).isEqualTo("+string");
        }
    }

    @Test
    void registersBeyondAnyHashAreCountedAsRedisDoes() {
        NativeBlock block = NativeBlock.allocate(HllFormat.DENSE_BYTES);
        HllFormat.header(block.address(), HllFormat.DENSE);
        for (int i = HllFormat.HEADER_BYTES; i < HllFormat.DENSE_BYTES; i++) {
            Memory.putByte(block.address() + i, (byte) -1);
        }
        assertThat(HllCardinality.of(block.address(), HllFormat.DENSE_BYTES)).isEqualTo(Long.MIN_VALUE);
        block.release();
    }
}
