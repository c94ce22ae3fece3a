package io.cairn.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Args;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestDecoderTest {
    private static final PooledByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(true);

    private final ReceiveBudget budget = new ReceiveBudget(64 << 20);
    private final ProtocolLimits limits = new ProtocolLimits();
    private final RequestDecoder decoder = new RequestDecoder(ALLOCATOR, limits, budget, new ArgsPool());

    @AfterEach
    void nothingIsHeldAtTheEnd() {
        decoder.release();
        assertThat(budget.used()).isZero();
        assertThat(ALLOCATOR.metric().directArenas().stream()
                        .mapToLong(a -> a.numActiveAllocations())
                        .sum())
                .isZero();
    }

    @Test
    void everySplitPointGivesTheSameRequests() {
        byte[] stream = bytes(String.join(
                "",
                "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nv\r\nue\r\n",
                "PING\r\n",
                "\r\n",
                "*0\r\n*-1\r\n",
                "set \"a\\x41\\n\" 'b c'\n",
                "*1\r\n$0\r\n\r\n",
                "*2\r\n$4\r\necho\r\n$12\r\nhello, world\r\n"));
        List<List<String>> expected = List.of(
                List.of("SET", "key", "v\r\nue"),
                List.of("PING"),
                List.of("set", "aA\n", "b c"),
                List.of(""),
                List.of("echo", "hello, world"));
        for (int first = 0; first <= stream.length; first++) {
            for (int second = first; second <= stream.length; second += 7) {
                List<List<String>> got = new ArrayList<>();
                feed(Arrays.copyOfRange(stream, 0, first), got);
                feed(Arrays.copyOfRange(stream, first, second), got);
                feed(Arrays.copyOfRange(stream, second, stream.length), got);
                assertThat(got).as("split at %s and %s", first, second).isEqualTo(expected);
                assertThat(decoder.idle()).isTrue();
            }
        }
        List<List<String>> byteByByte = new ArrayList<>();
        for (byte b : stream) {
            feed(new byte[] {b}, byteByByte);
        }
        assertThat(byteByByte).isEqualTo(expected);
    }

    @Test
    void aLargeArgumentArrivesInABlockOfItsOwnAtAnySplit() {
        int size = ProtocolLimits.BLOCK_BYTES + 100;
        byte[] large = new byte[size];
        new Random(3).nextBytes(large);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.writeBytes(bytes("*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + size + "\r\n"));
        stream.writeBytes(large);
        stream.writeBytes(bytes("\r\n$2\r\nNX\r\n*1\r\n$4\r\nPING\r\n"));
        byte[] all = stream.toByteArray();
        int[] cuts = {1, 25, 30, 35, 40, 1000, size, size + 33, size + 36, size + 40, size + 45, all.length - 1};
        for (int cut : cuts) {
            feedRaw(Arrays.copyOfRange(all, 0, cut));
            RequestDecoder.Result result = decoder.next(false);
            if (result == RequestDecoder.Result.MORE) {
                decoder.settle();
                feedRaw(Arrays.copyOfRange(all, cut, all.length));
                result = decoder.next(false);
            } else {
                feedRaw(Arrays.copyOfRange(all, cut, all.length));
            }
            assertThat(result).isEqualTo(RequestDecoder.Result.REQUEST);
            Args args = decoder.args();
            assertThat(args.count()).isEqualTo(4);
            assertThat(args.bytes(2)).isEqualTo(large);
            assertThat(args.block(2)).isNotNull();
            assertThat(args.text(0)).isEqualTo("SET");
            assertThat(args.text(3)).isEqualTo("NX");
            assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.REQUEST);
            assertThat(decoder.args().text(0)).isEqualTo("PING");
            assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.MORE);
            decoder.settle();
            assertThat(decoder.idle()).isTrue();
        }
    }

    @Test
    void aHeldRequestStaysValidWhileMoreArrives() {
        feedRaw(bytes("*2\r\n$3\r\nGET\r\n$3\r\nabc\r\n*2\r\n$3\r\nGET\r\n"));
        assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.REQUEST);
        decoder.settle();
        for (int i = 0; i < 1000; i++) {
            feedRaw(bytes(i == 0 ? "$3\r\ndef\r\n" : "*2\r\n$3\r\nGET\r\n$3\r\nghi\r\n"));
            decoder.settle();
            assertThat(decoder.args().text(1)).isEqualTo("abc");
        }
        assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.REQUEST);
        assertThat(decoder.args().text(1)).isEqualTo("def");
    }

    @Test
    void aPromiseOfAHugeArgumentReservesNothing() {
        feedRaw(bytes("*2\r\n$3\r\nSET\r\n$536870912\r\n"));
        assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.MORE);
        decoder.settle();
        assertThat(budget.used()).isLessThanOrEqualTo(128 * 1024);
        assertThat(decoder.heldBytes()).isLessThanOrEqualTo(200 * 1024);
    }

    @Test
    void aHugeNumberOfArgumentsReservesNothing() {
        feedRaw(bytes("*1048576\r\n$1\r\na\r\n"));
        assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.MORE);
        assertThat(decoder.heldBytes()).isLessThan(1024);
    }

    @Test
    void theBudgetOfPartlyReceivedArgumentsIsEnforced() {
        budget.max(1 << 20);
        feedRaw(bytes("*1\r\n$4000000\r\n"));
        assertThat(decoder.next(false)).isEqualTo(RequestDecoder.Result.MORE);
        RequestDecoder.Result result = RequestDecoder.Result.MORE;
        for (int i = 0; i < 100 && result == RequestDecoder.Result.MORE; i++) {
            feedRaw(new byte[40_000]);
            result = decoder.next(false);
            decoder.settle();
        }
        assertThat(result).isEqualTo(RequestDecoder.Result.ERROR);
        assertThat(decoder.error()).startsWith("OOM");
    }

    @Test
    void errorsAreRedissWords() {
        assertThat(errorOf("*abc\r\n", false)).isEqualTo("Protocol error: invalid multibulk length");
        assertThat(errorOf("*01\r\n", false)).isEqualTo("Protocol error: invalid multibulk length");
        assertThat(errorOf("*2147483648\r\n", false)).isEqualTo("Protocol error: invalid multibulk length");
        assertThat(errorOf("*1\r\n+a\r\n", false)).isEqualTo("Protocol error: expected '$', got '+'");
        assertThat(errorOf("*1\r\n$-1\r\n", false)).isEqualTo("Protocol error: invalid bulk length");
        assertThat(errorOf("*1\r\n$536870913\r\n", false)).isEqualTo("Protocol error: invalid bulk length");
        assertThat(errorOf("*11\r\n", true)).isEqualTo("Protocol error: unauthenticated multibulk length");
        assertThat(errorOf("*1\r\n$16385\r\n", true)).isEqualTo("Protocol error: unauthenticated bulk length");
        assertThat(errorOf("\"a\r\n", false)).isEqualTo("Protocol error: unbalanced quotes in request");
        assertThat(errorOf("a".repeat(70_000), false)).isEqualTo("Protocol error: too big inline request");
        assertThat(errorOf("*" + "1".repeat(70_000), false)).isEqualTo("Protocol error: too big mbulk count string");
        assertThat(errorOf("*1\r\n$" + "1".repeat(70_000), false))
                .isEqualTo("Protocol error: too big bulk count string");
    }

    @Test
    void randomBytesEndInRequestsErrorsOrWaiting() {
        Random random = new Random(5);
        String alphabet = "*$0123456789-\r\n\"' \\x\0abc";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            feedRaw(bytes(text.toString()));
            RequestDecoder.Result result = decoder.next(random.nextBoolean());
            while (result == RequestDecoder.Result.REQUEST) {
                decoder.args().text(0);
                result = decoder.next(false);
            }
            decoder.release();
        }
    }

    private String errorOf(String text, boolean stranger) {
        feedRaw(bytes(text));
        assertThat(decoder.next(stranger)).isEqualTo(RequestDecoder.Result.ERROR);
        String error = decoder.error();
        decoder.release();
        return error;
    }

    private void feed(byte[] part, List<List<String>> got) {
        feedRaw(part);
        while (decoder.next(false) == RequestDecoder.Result.REQUEST) {
            List<String> request = new ArrayList<>();
            for (int i = 0; i < decoder.args().count(); i++) {
                request.add(decoder.args().text(i));
            }
            got.add(request);
        }
        decoder.settle();
    }

    private void feedRaw(byte[] part) {
        ByteBuf buffer = ALLOCATOR.directBuffer(Math.max(1, part.length));
        buffer.writeBytes(part);
        decoder.feed(buffer);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
