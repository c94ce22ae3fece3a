package io.cairn.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.CommandTable;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.RealText;
import io.cairn.metrics.NodeStats;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplyBufferTest {
    private final NodeStats stats = new NodeStats(new CommandTable(List.of()));
    private final ReplyBuffer reply = new ReplyBuffer(PooledByteBufAllocator.DEFAULT, stats.local());

    @Test
    void resp2IsEncodedAsRedisDoes() {
        reply.ok();
        reply.simple("PONG");
        reply.error("ERR a\r\nb");
        reply.number(-42);
        reply.number(Long.MIN_VALUE);
        reply.number(Long.MAX_VALUE);
        reply.number(0);
        reply.bulk("héllo");
        reply.bulkNumber(-100);
        reply.bulkNumber(Long.MIN_VALUE);
        reply.nil();
        reply.nilArray();
        reply.array(2);
        reply.map(3);
        reply.set(1);
        reply.push(1);
        reply.real(3.5);
        reply.bool(true);
        reply.verbatim("text");
        assertThat(text())
                .isEqualTo(
                        "+OK\r\n+PONG\r\n-ERR a  b\r\n:-42\r\n:-9223372036854775808\r\n:9223372036854775807\r\n:0\r\n"
                                + "$6\r\nh\u00c3\u00a9llo\r\n$4\r\n-100\r\n$20\r\n-9223372036854775808\r\n$-1\r\n*-1\r\n"
                                + "*2\r\n*6\r\n*1\r\n*1\r\n$3\r\n3.5\r\n:1\r\n$4\r\ntext\r\n");
        assertThat(reply.errors()).isEqualTo(1);
    }

    @Test
    void resp3IsEncodedAsRedisDoes() {
        reply.resp3(true);
        reply.nil();
        reply.nilArray();
        reply.map(3);
        reply.set(1);
        reply.push(1);
        reply.real(1e100);
        reply.real(Double.NEGATIVE_INFINITY);
        reply.bool(false);
        reply.verbatim("text");
        assertThat(text()).isEqualTo("_\r\n_\r\n%3\r\n~1\r\n>1\r\n,1e+100\r\n,-inf\r\n#f\r\n=8\r\ntxt:text\r\n");
    }

    @Test
    void doublesPrintAsWithSeventeenDigits() {
        assertThat(RealText.of(0.1)).isEqualTo("0.10000000000000001");
        assertThat(RealText.of(3)).isEqualTo("3");
        assertThat(RealText.of(1e17)).isEqualTo("1e+17");
        assertThat(RealText.of(1e16)).isEqualTo("10000000000000000");
        assertThat(RealText.of(-0.00001)).isEqualTo("-1.0000000000000001e-05");
        assertThat(RealText.of(Double.parseDouble("9.999999999999999e22"))).isEqualTo("9.9999999999999992e+22");
        assertThat(RealText.of(-0.0)).isEqualTo("-0");
    }

    @Test
    void manyRepliesSpanSegmentsAndAreSentInOrder() {
        StringBuilder expected = new StringBuilder();
        Random random = new Random(9);
        for (int i = 0; i < 5_000; i++) {
            String text = "x".repeat(random.nextInt(300));
            reply.bulk(text);
            expected.append('$')
                    .append(text.length())
                    .append("\r\n")
                    .append(text)
                    .append("\r\n");
        }
        assertThat(reply.bytes()).isEqualTo(expected.length());
        assertThat(text()).isEqualTo(expected.toString());
        assertThat(reply.bytes()).isZero();
    }

    @Test
    void aLargeBlockIsSentWithoutACopyAndReleasedAfterwards() {
        int size = 5 * ReplyBuffer.COPY_LIMIT;
        NativeBlock block = NativeBlock.allocate(size);
        for (int i = 0; i < size; i++) {
            Memory.putByte(block.address() + i, (byte) ('a' + i % 26));
        }
        reply.simple("before");
        reply.bulk(block, 10, size - 10);
        reply.simple("after");
        assertThat(block.shared()).isTrue();
        String sent = text();
        assertThat(sent).startsWith("+before\r\n$" + (size - 10) + "\r\nklm").endsWith("\r\n+after\r\n");
        assertThat(sent).hasSize(9 + 3 + String.valueOf(size - 10).length() + size - 10 + 2 + 8);
        assertThat(block.shared()).isFalse();
        block.release();
    }

    @Test
    void whatWasWrittenCanBeTakenBack() {
        reply.simple("kept");
        long mark = reply.bytes();
        NativeBlock block = NativeBlock.allocate(2 * ReplyBuffer.COPY_LIMIT);
        reply.array(2);
        reply.bulk(block, 0, block.capacity());
        reply.bulk(new byte[3 * ReplyBuffer.SEGMENT_BYTES]);
        reply.truncate(mark);
        assertThat(block.shared()).isFalse();
        block.release();
        reply.number(1);
        assertThat(text()).isEqualTo("+kept\r\n:1\r\n");
    }

    @Test
    void aStretchCanBeCutOut() {
        reply.simple("kept");
        long mark = reply.bytes();
        String large = "y".repeat(2 * ReplyBuffer.SEGMENT_BYTES);
        reply.array(1);
        reply.bulk(large);
        byte[] cut = reply.cut(mark);
        assertThat(new String(cut, StandardCharsets.ISO_8859_1))
                .isEqualTo("*1\r\n$" + large.length() + "\r\n" + large + "\r\n");
        assertThat(ReplySpan.end(cut, 0)).isEqualTo(cut.length);
        assertThat(text()).isEqualTo("+kept\r\n");
    }

    /** Sends everything through a channel and returns what came out. */
    private String text() {
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        ChannelHandlerContext context = channel.pipeline().firstContext();
        reply.write(context);
        channel.flush();
        StringBuilder sent = new StringBuilder();
        for (Object out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            io.netty.buffer.ByteBuf bytes = (io.netty.buffer.ByteBuf) out;
            sent.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        assertThat(Unpooled.EMPTY_BUFFER.refCnt()).isPositive();
        channel.finishAndReleaseAll();
        return sent.toString();
    }
}
